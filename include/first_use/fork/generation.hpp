// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which process is this? One number per process, starting at 1, that grows with every fork on the way here.
//
// Two mechanisms notice a fork. The published word lies alone on a page that Linux is asked to wipe in every copy of the
// process (MADV_WIPEONFORK): it reads zero before any code of the child runs, however the child was made. And
// pthread_atfork handlers move it on in a child of fork(), which also serves where such a page cannot be had.
//
// Beside the published word lies `settled`: one look at it says what else takes four (registered? published? do the
// thread's frames carry this number? does nobody observe?).
#ifndef FIRST_USE_FORK_GENERATION_HPP
#define FIRST_USE_FORK_GENERATION_HPP

#include <cstdint>

#include <first_use/detail/config.hpp>
#include <first_use/detail/frame.hpp>
#include <first_use/sync/platform_sync.hpp>

#if FIRST_USE_HAS_FORK
#include <cerrno>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

FIRST_USE_BEGIN_PLAIN
namespace process {

#if FIRST_USE_HAS_64_BIT_ATOMICS
using GenerationNumber = std::uint64_t;
#else
using GenerationNumber = std::uint32_t;  // wraps after 2^28 nested forks
#endif

/// What each shared library has of its own, because dlclose() takes a library's fork handlers along. A hidden class: g++
/// shares a static member of a visible class template among all libraries even where the member is said to be hidden.
template <class Atoms>
struct FIRST_USE_PER_LIBRARY PerLibrary {
  static inline constinit WordOf<Atoms, std::uint32_t> registered{};
  static inline constinit WordOf<Atoms, GenerationNumber> noted{};
};

/// `Atoms` is the policy its words come from: the platform's, or a model checker's.
template <class Atoms>
class Generation {
 public:
  using Number = GenerationNumber;
  using Word = WordOf<Atoms, Number>;
  using Self = Threads<Atoms>;
  using Policy = Atoms;

  // A wiped type's word is generation << 4 | state << 1 | queued, and `complete` is the largest state there is.
  static constexpr unsigned shift = 4;
  static constexpr Number running = 2;
  static constexpr Number complete = 8;

  /// What is published in generation `g`: minus the word that is complete in it. Word + published carries exactly for
  /// the words of that generation (or a later one, which do not exist) that are complete; never for an all-zero word,
  /// and never while an all-zero page stands for "not known yet".
  static constexpr Number published_in(Number g) noexcept { return Number{0} - (g << shift | complete); }

  /// What running words are stamped with in generation `g`.
  static constexpr Number stamp_of(Number g) noexcept { return g << shift | running; }
  static constexpr Number generation_of(Number stamp) noexcept { return stamp >> shift; }

  // ORDERING: relaxed. It changes only while its process has one thread, or from zero; who still sees the zero takes the
  // slow path, where current() looks again.
  static Number published() noexcept { return page_.published.load(Order::relaxed); }

  /// Asks for the page and registers the fork handlers, once per library. False: one of them was refused.
  FIRST_USE_PER_LIBRARY static bool prepare() noexcept {
    // ORDERING: acquire pairs with the release in set_up(): the handlers stand before a word is claimed.
    return PerLibrary<Atoms>::registered.load(Order::acquire) != 0 || set_up();
  }

  /// This process's number. The first to ask in a child takes the next one; the caller's running initialisers are
  /// carried over to it, and the caller is known to be in it.
  static Number current() noexcept {
    // ORDERING: relaxed: nothing hangs on the number but its being this process's.
    Number published = page_.published.load(Order::relaxed);
    if (published == 0) published = advance();
    Number const g = (Number{0} - published) >> shift;
    Thread& self = Self::self();
    if (self.stamp != stamp_of(g)) carry(self, stamp_of(g));
    return g;
  }

  /// The stamp of this process, where nothing is to be done but to look: prepare() and current() have been called, here
  /// and by this thread, and there is no observer. False: ask them.
  FIRST_USE_PER_LIBRARY static bool settled(Number& stamp) noexcept {
    // ORDERING: relaxed: the words that set_up() wrote are seen by who finds its stamp settled; and a fork of this thread
    // takes libc's lock after this load, so that it finds the handlers.
    if (PerLibrary<Atoms>::registered.load(Order::relaxed) == 0) return false;
    // ORDERING: acquire pairs with the release in settle(), as that of current().
    stamp = page_.settled.load(Order::acquire);
    return stamp == Self::self().stamp;
  }

  /// Whether settled() would say so still.
  static bool is_settled(Number stamp) noexcept {
    // ORDERING: relaxed: for a signal handler that forks in this very thread; and an observer may come a little later.
    return page_.settled.load(Order::relaxed) == stamp;
  }

  /// From now on settled() says yes to all who have been here in generation `g`, which is this process's. The caller has
  /// found no observer.
  static void settle(Number g) noexcept {
    Number seen = page_.settled.load(Order::relaxed);  // ORDERING: relaxed: the exchange below decides
    // ORDERING: release pairs with the acquire in settled(): the number was taken before.
    if (seen != 0 || !page_.settled.compare_exchange_weak(seen, stamp_of(g), Order::release, Order::relaxed)) return;
    // FORK: a signal handler may have forked before the exchange; then this says of the child what was true of the parent.
    seen = stamp_of(g);
    // ORDERING: relaxed: the word is as good as it was before.
    while (!is_still(g) && seen == stamp_of(g) &&
           !page_.settled.compare_exchange_weak(seen, 0, Order::relaxed, Order::relaxed)) {}
  }

  /// For good: who has an observer once asks for one ever after. An initialisation that is begun later asks.
  static void unsettle() noexcept {
    // ORDERING: release: who hears of this hears of the observer.
    page_.settled.exchange(never_settled, Order::release);
  }

  /// Whether nobody has forked since this process had the number `g`.
  static bool is_still(Number g) noexcept {
    // ORDERING: relaxed: for a signal handler that forks in this very thread.
    return page_.published.load(Order::relaxed) == published_in(g);
  }

 private:
  // FORK: take first, publish second. The other way round a fork in between would give two processes one number.
  FIRST_USE_COLD static Number advance() noexcept {
    for (;;) {
      // ORDERING: relaxed: the exchange below decides, and nothing hangs on the number but its being new.
      Number next = next_.load(Order::relaxed);
      // FORK: nobody has set up anything yet. What is published now nobody would move on in a child.
      if (next == 0) return published_in(first());
      Number published = page_.published.load(Order::relaxed);  // ORDERING: as in current()
      if (published != 0) return published;
      Number const mine = next;
      // ORDERING: relaxed: as above.
      if (!next_.compare_exchange_weak(next, mine + 1, Order::relaxed, Order::relaxed)) continue;
      // ORDERING: release pairs with a fork, which copies memory as it is: a child that has the number has it taken.
      if (page_.published.compare_exchange_weak(published, published_in(mine), Order::release, Order::relaxed)) {
        return published_in(mine);
      }
      if (published != 0) return published;
    }
  }

  /// From here on numbers are published.
  static void begin() noexcept {
    Number none = 0;
    // ORDERING: relaxed: as in advance(); a spurious failure is a failure of nothing.
    while (none == 0 && !next_.compare_exchange_weak(none, first(), Order::relaxed, Order::relaxed)) {}
  }

  // FORK: where the linker gives two libraries of one process variables of their own, the later one of the two may be
  // used for the first time after forks that only the other one has counted. Both count alike if each starts from what
  // libc has counted.
  static Number first() noexcept { return forks_so_far() + 1; }

#if FIRST_USE_HAS_FORK && defined(__GLIBC__)
  struct Asked {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    int seen = 0;
  };

  // While its function runs, the control word of glibc's pthread_once() says how many times fork() has been called on the
  // way from exec to here, times four, plus one. It is nowhere promised: any other answer counts as "none".
  static Number forks_so_far() noexcept {
    Asked asked;
    Asked* const outer = asked_;
    asked_ = &asked;
    ::pthread_once(&asked.control, [] { asked_->seen = asked_->control; });
    asked_ = outer;
    return (asked.seen & 3) == 1 ? static_cast<Number>(static_cast<unsigned>(asked.seen) >> 2) : 0;
  }
#else
  static Number forks_so_far() noexcept { return 0; }
#endif

  FIRST_USE_COLD static void carry(Thread& self, Number stamp) noexcept {
    for (Frame* frame = self.top; frame != nullptr; frame = frame->below) {
      if (frame->label->carry == nullptr) continue;
      frame->label->carry(*frame, stamp);
      frame->carried = true;
    }
    self.stamp = stamp;
  }

#if FIRST_USE_HAS_FORK
  FIRST_USE_PER_LIBRARY FIRST_USE_COLD static bool set_up() noexcept {
    int const kept = errno;
    bool const done = ask_system();
    if (done) {
      begin();
      // ORDERING: release pairs with the acquire in prepare(). After the registration, not before: a child forked in
      // between registers once more, which does no harm, instead of never.
      PerLibrary<Atoms>::registered.store(1, Order::release);
    }
    errno = kept;
    return done;
  }

  // Apart from the words that follow, so that a model checker can stand in for the system.
  FIRST_USE_PER_LIBRARY static bool ask_system() noexcept {
    return wipe_page_on_fork() && ::pthread_atfork(&before_fork, nullptr, &in_child) == 0;
  }

  // False: the kernel has such pages and could not make this one now. Where it has none, the handlers decide alone.
  static bool wipe_page_on_fork() noexcept {
#if FIRST_USE_HAS_WIPED_PAGE && defined(MADV_WIPEONFORK)
    long const size = ::sysconf(_SC_PAGESIZE);
    if (size <= 0 || size > FIRST_USE_LARGEST_PAGE) return true;
    auto* const at = reinterpret_cast<unsigned char*>(&page_.published);
    unsigned char* const page = at - (reinterpret_cast<std::uintptr_t>(at) & (static_cast<std::uintptr_t>(size) - 1));
    return ::madvise(page, static_cast<std::size_t>(size), MADV_WIPEONFORK) == 0 ||
           (errno != ENOMEM && errno != EAGAIN);
#else
    return true;
#endif
  }

  // FORK: the handlers are async-signal-safe and lock-free. Each library that uses us registers its own pair, because
  // dlclose() takes a library's handlers along; only the first that runs finds the number still to be moved on.
  FIRST_USE_PER_LIBRARY static void before_fork() noexcept {
    // ORDERING: relaxed: read again by the same thread, in the child.
    PerLibrary<Atoms>::noted.store(page_.published.load(Order::relaxed), Order::relaxed);
  }
  FIRST_USE_PER_LIBRARY static void in_child() noexcept {
    // ORDERING: relaxed: the child has one thread.
    Number const published = page_.published.load(Order::relaxed);
    if (published != 0 && published == PerLibrary<Atoms>::noted.load(Order::relaxed)) {
      // ORDERING: relaxed: as above.
      page_.settled.store(0, Order::relaxed);
      page_.published.store(0, Order::relaxed);  // ORDERING: as above
    }
    current();
    Thread const& self = Self::self();
    if (self.sleeping != nullptr) self.stir(self.sleeping);
  }

#else
  static bool set_up() noexcept { return true; }
#endif

  // No stamp, and no thread's.
  static constexpr Number never_settled = 3;

  // Whatever page size the kernel uses and wherever the loader puts this, the page that holds `published` holds nothing
  // that is not ours; and the word's address is a constant, which the hot path needs. Aligned so that no page ends between
  // the two words.
  struct alignas(16) Page {
    unsigned char before[FIRST_USE_LARGEST_PAGE]{};
    Word published{};
    Word settled{};  // zero: not known
    unsigned char after[FIRST_USE_LARGEST_PAGE - 2 * sizeof(Word)]{};
  };

  FIRST_USE_SHARED static inline constinit Page page_{};
  FIRST_USE_SHARED static inline constinit Word next_{};
#if FIRST_USE_HAS_FORK && defined(__GLIBC__)
  static inline thread_local constinit Asked* asked_{};
#endif
};

}  // namespace process

/// Sets up fork detection now instead of at the first initialisation: call it early in main(), before a seccomp sandbox
/// forbids madvise, or before other people register fork handlers that use lazies. Not needed otherwise.
///
/// Blocks: never. Throws: nothing; false when the system refused a handler or the page (out of memory).
/// On fork: a child inherits it.
inline bool prepare_for_fork() noexcept {
#if FIRST_USE_HAS_FORK
  return process::Generation<PlatformSync>::prepare();
#else
  return true;
#endif
}

FIRST_USE_END_PLAIN

#endif
