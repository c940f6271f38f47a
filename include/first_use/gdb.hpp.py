# SPDX-License-Identifier: MIT OR Apache-2.0
"""What gdb shows of first_use's types: OnceLock(3), LazyLock(<uninit>), Once(<poisoned>), WipeOnForkOnceLock(<stale>).

Either `source` this file, or let gdb load it by itself: gdb.hpp writes its name into programs, and gdb then asks for

    add-auto-load-safe-path .../include/first_use

Nothing is ever called or initialised in the program that is looked at: words and values are read. That goes for
`print *lazy`, `print lazy->member`, `print lock.get()` and `print lock.value()` too, which gdb would otherwise do by
calling the members. Core files, and programs that do not run yet, can be looked at as well. `print/r` shows it raw.
"""

import re

import gdb
import gdb.printing
import gdb.xmethod

# The numbers of fork/fork_policy.hpp and fork/generation.hpp. tests/debuggers compares them, and those in the natvis file.
INCOMPLETE, RUNNING, POISONED, DESTROYED, COMPLETE = range(5)
STATE_SHIFT = 1
STATE_MASK = 7
GENERATION_SHIFT = 4

NAMES = {INCOMPLETE: "uninit", RUNNING: "running", POISONED: "poisoned", DESTROYED: "destroyed"}

KINDS = re.compile(
    r"^first_use::(?:\w+::)*(BasicOnce|BasicOnceLock|BasicLazyLock|LazyLock|LazyCell|WipeOnForkLazyLock"
    r"|WipeOnForkLazyCell|NeverDestroyed)<")


def plain(type_):
    """Without references, typedefs, const and volatile."""
    type_ = type_.strip_typedefs()
    if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        type_ = type_.target().strip_typedefs()
    return type_.unqualified()


def kind_of(type_):
    found = KINDS.match(plain(type_).tag or "")
    return found.group(1) if found else None


def is_static(field):
    return not hasattr(field, "bitpos")


def bases_and_members(value):
    """The parts of an object, with their names; bases have theirs in <>."""
    for field in value.type.strip_typedefs().fields():
        if is_static(field) or field.artificial:
            continue
        yield (f"<{field.name}>" if field.is_base_class else field.name), value[field]


def is_class(type_):
    return type_.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


def member(value, name):
    """The member of that name in an object or its bases; None if it has none."""
    for field in value.type.strip_typedefs().fields():
        if is_static(field):
            continue
        if field.is_base_class:
            found = member(value[field], name)
            if found is not None:
                return found
        elif field.name == name:
            return value[field]
    return None


def integer_in(value):
    """(bits, width) of the first unsigned integer in a word, whichever policy the word belongs to."""
    type_ = value.type.strip_typedefs()
    if type_.code == gdb.TYPE_CODE_INT:
        width = 8 * type_.sizeof
        return int(value) & ((1 << width) - 1), width
    if is_class(type_):
        for _, part in bases_and_members(value):
            found = integer_in(part)
            if found is not None:
                return found
    return None


def template_arguments(type_):
    arguments = []
    while True:
        try:
            arguments.append(type_.template_argument(len(arguments)))
        except (RuntimeError, gdb.error):
            return arguments


def bare_name(type_):
    """WipeOnFork for first_use::abi_1::WipeOnFork<...>."""
    return re.sub(r"<.*", "", plain(type_).tag or "", flags=re.S).rpartition("::")[2]


def as_class(type_):
    """An object of that type nowhere: its static members can be asked for by it."""
    return gdb.Value(0).cast(plain(type_).pointer()).dereference()


def static_flag(type_, name, otherwise):
    try:
        return bool(as_class(type_)[name])
    except (RuntimeError, gdb.error):
        return otherwise


def generation_by(fork):
    """What the inferior's process has published as its generation; None where nothing is: a fresh child, which will take
    a new number at its next initialisation. So every number in a word is an older one."""
    for argument in template_arguments(plain(fork)):
        if isinstance(argument, gdb.Type) and bare_name(argument) == "Generation":
            bits, width = integer_in(as_class(argument)["page_"]["published"])
            return None if bits == 0 else (-bits & ((1 << width) - 1)) >> GENERATION_SHIFT
    raise gdb.error("first_use: the generation of the process was not found")


class Cell:
    """One object of the library: what it is called, where it stands, its value."""

    def __init__(self, value):
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:  # gdb passes `this`, or an object
            value = value.dereference()
        self.value = value
        machine = member(value, "machine")
        if machine is None:  # core_ or store_
            for _, part in bases_and_members(self.basic(value)):
                machine = member(part, "machine")
        sync, fork = template_arguments(plain(machine.type))[:2]
        self.can_wait = static_flag(sync, "can_wait", bare_name(sync) != "SingleThreadSync")
        self.fork = fork
        self.wipes = static_flag(fork, "wipes", bare_name(fork) == "WipeOnFork")
        self.bits, self.width = integer_in(machine["word_"]["inner"])

    @staticmethod
    def basic(value):
        """The Basic... in a LazyLock and its like."""
        while not bare_name(value.type).startswith("Basic"):
            value = value[value.type.strip_typedefs().fields()[0]]
        return value

    @property
    def name(self):
        basic = bare_name(self.basic(self.value).type)
        if basic == "BasicOnce":
            kind = "Once"
        else:
            kind = basic.removeprefix("Basic").removesuffix("Lock") + ("Lock" if self.can_wait else "Cell")
        return ("WipeOnFork" if self.wipes else "") + kind

    @property
    def state(self):
        """`complete`, or what hinders: fork_policy.hpp's and wipe_on_fork.hpp's decode()."""
        state = self.bits >> STATE_SHIFT & STATE_MASK
        generation = self.bits >> GENERATION_SHIFT
        if self.wipes:
            if state not in (INCOMPLETE, DESTROYED) and generation != generation_by(self.fork):
                return {RUNNING: "abandoned", POISONED: "uninit", COMPLETE: "stale"}[state]
            return NAMES.get(state, "complete")
        if self.bits >> (self.width - 1):
            return "complete"
        # A cell's word carries no generation: one thread cannot be caught by a fork in another's initialiser.
        if state == RUNNING and self.can_wait and bare_name(self.fork) == "BasicKeepOnFork":
            mask = (1 << (self.width - 1 - GENERATION_SHIFT)) - 1
            now = generation_by(self.fork)
            if now is None or now & mask != generation:
                return "abandoned"
        return NAMES[state]

    @property
    def content(self):
        """The finished T, or what a NeverDestroyed stands for; None if there is none."""
        if self.state != "complete" or self.name.endswith("Once"):
            return None
        room = None
        for _, part in bases_and_members(self.basic(self.value)):
            room = member(part, "room")
            if room is None:
                room = member(part, "cargo")["inner"]["room"]
            else:
                room = room["inner"]
        return reached(room["value"])


def reached(value):
    """The T of a NeverDestroyed<T>; any other value itself."""
    if kind_of(value.type) != "NeverDestroyed":
        return value
    place = value["value_"]
    for field in place.type.strip_typedefs().fields():
        if field.name == "object":
            return place["object"]
    wanted = template_arguments(plain(value.type))[0]
    return place["bytes"].address.cast(wanted.pointer()).dereference()


def text_of(value):
    return value.format_string(pretty_structs=False, max_elements=200)


class Shown:
    """A head with a value in its parentheses. A value that has parts is opened: its parts become those of the cell."""

    def __init__(self, name, content, otherwise):
        self.name, self.content, self.otherwise = name, content, otherwise
        self.printer = None if content is None else gdb.default_visualizer(content)

    def to_string(self):
        if self.content is None:
            return f"{self.name}(<{self.otherwise}>)"
        if hasattr(self.printer, "children"):
            head = self.printer.to_string() if hasattr(self.printer, "to_string") else None
            return f"{self.name}({head if isinstance(head, str) else self.content.type})"
        if self.printer is None and is_class(self.content.type):
            return f"{self.name}({self.content.type})"
        return f"{self.name}({text_of(self.content)})"

    def children(self):
        if self.content is None:
            return iter(())
        if hasattr(self.printer, "children"):
            return self.printer.children()
        if self.printer is None and is_class(self.content.type):
            return bases_and_members(self.content)
        return iter(())

    def display_hint(self):
        if hasattr(self.printer, "children") and hasattr(self.printer, "display_hint"):
            return self.printer.display_hint()
        return None


def show(value):
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
    if kind_of(value.type) == "NeverDestroyed":
        return Shown("NeverDestroyed", reached(value), None)
    cell = Cell(value)
    state = cell.state
    if cell.name.endswith("Once"):
        state = {"uninit": "incomplete"}.get(state, state)
    return Shown(cell.name, cell.content, state)


class Printers(gdb.printing.PrettyPrinter):
    def __call__(self, value):
        return show(value) if kind_of(value.type) else None


class Member(gdb.xmethod.XMethodWorker):
    """`*lazy` and the like, by reading."""

    def __init__(self, name):
        self.name = name

    def get_arg_types(self):
        return None

    def __call__(self, this):
        cell = Cell(this)
        content = cell.content
        if self.name == "get":
            if content is not None:
                return content.address
            wanted = template_arguments(plain(cell.basic(cell.value).type))[0]
            return gdb.Value(0).cast(wanted.pointer())
        if content is None:
            raise gdb.GdbError(f"{cell.name}(<{cell.state}>): there is no value, and gdb makes none")
        return content.address if self.name == "operator->" else content


class Members(gdb.xmethod.XMethodMatcher):
    LOCK = ("get", "value")
    LAZY = ("get", "operator*", "operator->")

    def __init__(self):
        super().__init__("first_use")
        self.methods = [gdb.xmethod.XMethod(name) for name in sorted({*self.LOCK, *self.LAZY})]

    def match(self, class_type, method_name):
        offered = {"BasicOnceLock": self.LOCK, "BasicLazyLock": self.LAZY}.get(kind_of(class_type), ())
        enabled = any(method.name == method_name and method.enabled for method in self.methods)
        return Member(method_name) if method_name in offered and enabled else None


# A program and its libraries may each name this file.
gdb.printing.register_pretty_printer(None, Printers("first_use"), replace=True)
gdb.xmethod.register_xmethod_matcher(None, Members(), replace=True)
