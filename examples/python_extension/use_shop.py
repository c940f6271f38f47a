# SPDX-License-Identifier: MIT OR Apache-2.0
"""Uses the module of shop.cpp, which must be on PYTHONPATH, from eight threads at once."""
import threading
from decimal import Decimal

import shop


def use():
    assert shop.to_decimal("1.5") == Decimal("1.5")
    assert shop.power_of_three(20) == 3**20


threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
use()
print(shop.to_decimal("1.5"), shop.power_of_three(20))
