// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyLock: a value that comes into being when it is first touched, by whichever thread gets there.
//
// Use it for what is global, or a member whose initialiser is known where it is defined. Where the initialiser needs
// something known only at the call, or may fail and be tried again with other arguments, take OnceLock.
//
//     constinit first_use::LazyLock dictionary{[] { return load_dictionary(); }};
//     bool known(std::string const& word) { return dictionary->contains(word); }
//
// That spelling is the one to prefer: a closure without captures costs no byte and no indirect call. Where a header or a
// class must name the type, `LazyLock<Dictionary>` stores a function pointer.
//
// At exit: a static LazyLock of a T with a destructor dies in reverse order of declaration, not of first use, so ~T must
// not use another lazy. LazyLock<NeverDestroyed<T>> never dies, and needs no start-up and no exit code.
#ifndef FIRST_USE_LAZY_LOCK_HPP
#define FIRST_USE_LAZY_LOCK_HPP

#include <concepts>
#include <optional>
#include <type_traits>

#include <first_use/detail/lazy_store.hpp>

FIRST_USE_BEGIN

/// See the top of the file. An empty F adds nothing to a OnceLock<T>; a trivially copyable one lies beside T; any other
/// shares T's bytes, is called once as an rvalue, and is destroyed right after that call with all it captured.
///
/// Any thread, any time: all members but into_inner() and the destructor, which need exclusive access.
///
/// OnThrow: PoisonOnThrow makes a failure final; RetryOnThrow keeps F, calls it as F const&, and tries again at next use.
template <class T, class F, class Sync = DefaultSync, class Fork = KeepOnFork, class OnThrow = PoisonOnThrow>
class BasicLazyLock {
  static_assert((detail::check_value_type<T>(), true));
  using Store = detail::LazyStore<std::remove_const_t<T>, F, Sync, Fork, OnThrow>;
  using Reach = detail::Reach<T>;
  using Attempt = detail::Attempt<Sync, Fork>;
  using Whole = detail::WholeAttempt<Sync, Fork>;
  using Called = typename detail::Either<detail::calls_as_const<Fork, OnThrow>>::template of<F const&, F>;
  static constexpr detail::Manner manner_{.minds_poison = !OnThrow::retries, .leaves_poison = !OnThrow::retries};

 public:
  /// T itself, or what a NeverDestroyed stands for.
  using value_type = typename Reach::type;

  constexpr explicit BasicLazyLock(F the_call) : store_{static_cast<F&&>(the_call)} {
    FIRST_USE_CHECK_INITIALISER(T, Called);
  }
  constexpr BasicLazyLock(OnThrow, F the_call) : BasicLazyLock{static_cast<F&&>(the_call)} {}
  /// Makes a T{} at first use.
  constexpr BasicLazyLock() requires(std::is_pointer_v<F>&& std::default_initializable<value_type>)
      : BasicLazyLock{F{[] { return value_type(); }}} {}
  BasicLazyLock(BasicLazyLock const&) = delete;
  BasicLazyLock& operator=(BasicLazyLock const&) = delete;

  /// The value; made now if nobody has. Returns once it is there, and all the initialiser wrote is seen.
  ///
  /// Blocks: while another thread runs the initialiser.
  /// Throws: what the initialiser throws; PoisonedError when it failed before, or while this call waited;
  ///   ReentrantInitError inside its own initialiser; DeadlockError where waiting would close a ring of initialisers;
  ///   InitError for a null function as F, and after destruction.
  /// On fork: a child keeps a value and a failure. Where another thread was in the middle of the initialiser, the child
  ///   calls it afresh if F is kept or trivially copyable (an empty closure is); any other F went with that thread, and
  ///   PoisonedError says so. (Wiped types: a child has nothing, and F makes it a value of its own.)
  constexpr value_type& force() & FIRST_USE_LIFETIMEBOUND { return obtain(); }
  constexpr value_type const& force() const& FIRST_USE_LIFETIMEBOUND { return obtain(); }
  void force() const&& = delete;

  /// As force().
  constexpr value_type& operator*() & FIRST_USE_LIFETIMEBOUND { return obtain(); }
  constexpr value_type const& operator*() const& FIRST_USE_LIFETIMEBOUND { return obtain(); }
  void operator*() const&& = delete;
  constexpr value_type* operator->() & FIRST_USE_LIFETIMEBOUND { return &obtain(); }
  constexpr value_type const* operator->() const& FIRST_USE_LIFETIMEBOUND { return &obtain(); }
  void operator->() const&& = delete;

  /// The value, or null while there is none; makes none. Blocks: never. Async-signal-safe.
  [[nodiscard]] constexpr value_type* get() & noexcept FIRST_USE_LIFETIMEBOUND { return peek(); }
  [[nodiscard]] constexpr value_type const* get() const& noexcept FIRST_USE_LIFETIMEBOUND { return peek(); }
  void get() const&& = delete;

  /// Whether a failure is final here. Blocks: never.
  [[nodiscard]] constexpr bool is_poisoned() const noexcept {
    return store_.machine.state() == detail::State::poisoned;
  }

  /// Moves the value out; empty if it was never made. Exclusive access. Throws: PoisonedError after a failure.
  [[nodiscard]] constexpr std::optional<value_type> into_inner() && requires std::move_constructible<value_type> {
    if (is_poisoned()) detail::raise_poisoned(label());
    std::optional<value_type> inner;
    if (value_type* const value = peek()) inner.emplace(static_cast<value_type&&>(*value));
    return inner;
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  constexpr value_type& reached() const noexcept { return Reach::through(static_cast<T&>(store_.value())); }

  constexpr value_type* peek() const noexcept { return store_.machine.is_complete() ? &reached() : nullptr; }

  constexpr value_type& obtain() const {
    Store const* store = &store_;
    if (!store_.machine.is_complete()) [[unlikely]] {
      if (!Sync::can_wait && std::is_constant_evaluated()) {
        if constexpr (!Sync::can_wait) {
          Attempt attempt;
          typename Attempt::Run run{attempt.template enter<manner_>(store_.machine, label())};
          store_.template produce<label()>(attempt);
          run.succeed();
        }
      } else {
        typename Whole::Object const* same;
        if constexpr (Whole::at_site) {
          same = init(store_);
        } else if constexpr (Store::is_stateless) {
          constexpr detail::Label const& plain = detail::lazy_label<T, Sync, Fork>;
          same = Whole::template perform_body<plain, manner_, true>(store_, &Store::template make_stateless<F>);
        } else {
          same = Whole::template perform_body<label(), manner_, Store::keeps_call>(store_, &body);
        }
        if (!FIRST_USE_COLD_CALL_IS_VOID(this)) store = static_cast<Store const*>(same);
      }
    }
    return Reach::through(static_cast<T&>(store->value()));  // reached() would be a function more at each site
  }

  FIRST_USE_SLOW_AT_SITE static typename Whole::Object const* init(Store const& store) {
    return Whole::template perform<manner_, Store::keeps_call>(store, nullptr, label(), &body);
  }

  static void body(typename Whole::Object const& object, void*, Attempt& attempt) {
    static_cast<Store const&>(object).template produce<label()>(attempt);
  }

  static constexpr detail::Label const& label() noexcept {
    return detail::label_for<detail::lazy_label<T, Sync, Fork>, F>();
  }

  Store store_;
};

namespace detail {
template <class T>
using PointerTo = typename Reach<T>::type (*)();
template <class F>
using Made = std::remove_cv_t<ResultOf<F>>;
}  // namespace detail

/// A lazy value for all threads, kept across forks. `LazyLock{f}` deduces; `LazyLock{retry_on_throw, f}` tries again.
template <class T, class F = detail::PointerTo<T>, class OnThrow = PoisonOnThrow>
class LazyLock : public BasicLazyLock<T, F, DefaultSync, KeepOnFork, OnThrow> {
  using BasicLazyLock<T, F, DefaultSync, KeepOnFork, OnThrow>::BasicLazyLock;
};
template <class F>
LazyLock(F) -> LazyLock<detail::Made<F>, F>;
template <class F>
LazyLock(RetryOnThrow, F) -> LazyLock<detail::Made<F>, F, RetryOnThrow>;

FIRST_USE_END

#endif
