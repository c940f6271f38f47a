# SPDX-License-Identifier: MIT OR Apache-2.0
"""All faults."""

import faults_api
import faults_base
import faults_fork
import faults_machine
import faults_policies
import faults_python
import faults_race
import faults_running
import faults_values

ALL = [fault for part in (faults_machine, faults_running, faults_fork, faults_policies, faults_values, faults_api,
                          faults_base, faults_race, faults_python) for fault in part.FAULTS]

# Headers without a fault, each with its reason.
NOTHING_TO_BREAK = {
    "first_use.hpp": "a list of includes; a missing one is a test that does not compile",
    "race.hpp": "a list of includes",
    "python.hpp": "a list of includes",
    "gdb.hpp": "one line that names a script, or does not",
    "sync/platform_sync.hpp": "a choice that follows from the platform; another does not link with itself",
    "sync/default_sync.hpp": "the same",
}
