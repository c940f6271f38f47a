// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Once: run a piece of code once in a process, however many threads ask for it.
//
// Use it for set-up that has an effect and no value. For a value take OnceLock or LazyLock, which keep value and flag
// together; for one thread, OnceCell.
//
//     constinit first_use::Once log_file;
//     void log(char const* line) {
//       log_file.call_once([] { open_log(); });
//       write_log(line);
//     }
//
// A call that throws poisons the Once: half a set-up is not silently tried again. call_once_force() tries again.
#ifndef FIRST_USE_ONCE_HPP
#define FIRST_USE_ONCE_HPP

#include <cstdint>

#include <first_use/detail/callable.hpp>
#include <first_use/detail/timing.hpp>
#include <first_use/detail/whole_attempt.hpp>

FIRST_USE_BEGIN

/// Where a Once stands, as far as this process is concerned.
enum class OnceStatus : std::uint8_t { incomplete, running, poisoned, complete };

/// What call_once_force() tells its function.
class OnceState {
 public:
  constexpr explicit OnceState(bool poisoned) noexcept : poisoned_{poisoned} {}
  /// Whether the attempt before this one failed.
  [[nodiscard]] constexpr bool is_poisoned() const noexcept { return poisoned_; }

 private:
  bool poisoned_;
};

/// See the top of the file. 4 bytes, all zero while incomplete; trivially destructible; neither copied nor moved. Every
/// member may be called from any thread at any time (with SingleThreadSync: from one thread at a time).
template <class Sync = DefaultSync, class Fork = KeepOnFork>
class BasicOnce : detail::Guarded<Sync, Fork> {
  using detail::Guarded<Sync, Fork>::machine;

 public:
  constexpr BasicOnce() noexcept = default;
  BasicOnce(BasicOnce const&) = delete;
  BasicOnce& operator=(BasicOnce const&) = delete;

  /// Runs f(args...) unless an earlier call has completed; on return one has, and all that it wrote is seen.
  ///
  /// Blocks: while another thread runs the function of this Once.
  /// Throws: what f throws (the Once is then poisoned); PoisonedError when a call failed before or while this one waited;
  ///   ReentrantInitError inside its own function; DeadlockError where waiting would close a ring of initialisers.
  /// On fork: a child keeps what was complete or poisoned; a call that another thread was in the middle of is started
  ///   afresh by the child's next call. (WipeOnForkOnce: a child starts with nothing.)
  template <class F, class... Args>
  constexpr void call_once(F&& f, Args&&... args) const {
    static_assert(std::is_invocable_v<F, Args...>,
                  "first_use: call_once cannot call its function with these arguments");
    if (is_completed()) [[likely]]
      return;
    if constexpr (sizeof...(Args) == 0) {
      run<call_, F>(static_cast<F&&>(f));
    } else {
      auto const with_arguments = [&] { detail::invoke(static_cast<F&&>(f), static_cast<Args&&>(args)...); };
      detail::refuse_null(f, detail::label_for<label_, F>());
      run<call_, decltype((with_arguments)), F>(with_arguments);
    }
  }

  /// As call_once(), but a poisoned Once tries again; f is called with an OnceState that says whether it was.
  template <class F>
  constexpr void call_once_force(F&& f) const {
    static_assert(
        std::is_invocable_v<F, OnceState const&>,
        "first_use: call_once_force calls its function with an OnceState const&, which this one does not take");
    if (is_completed()) [[likely]]
      return;
    run<force_, F>(static_cast<F&&>(f));
  }

  /// Whether a call has completed; true means all that it wrote is seen. Async-signal-safe; never blocks.
  [[nodiscard]] constexpr bool is_completed() const noexcept { return machine.is_complete(); }

  /// Async-signal-safe, never blocks. But for `complete` it may be out of date on return.
  [[nodiscard]] constexpr OnceStatus status() const noexcept {
    detail::State const state = machine.state();
    if (state == detail::State::running) return OnceStatus::running;
    if (state == detail::State::poisoned) return OnceStatus::poisoned;
    return state == detail::State::complete ? OnceStatus::complete : OnceStatus::incomplete;
  }

  /// Sleeps until a call has completed; starts none.
  ///
  /// Blocks: until then; for ever if nobody calls.
  /// Throws: PoisonedError when a call failed before or fails meanwhile; ReentrantInitError, DeadlockError as call_once().
  /// On fork: a child waits for a call of its own.
  constexpr void wait() const requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) {
    machine.wait(label_, true, nullptr);
  }

  /// As wait(), but sleeps on through failed calls until one succeeds; throws no PoisonedError.
  constexpr void wait_force() const requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) {
    machine.wait(label_, false, nullptr);
  }

  /// As wait(), at most for `duration` (of std::chrono's shape); false when it was over before. Since it ends by itself
  /// it closes no ring: throws no DeadlockError.
  template <detail::Duration D>
  requires Sync::can_wait [[nodiscard]] bool wait_for(D const& duration) const {
    if (is_completed()) return true;
    Deadline const deadline = detail::deadline_after(Sync::now(), duration);
    return machine.wait(label_, true, &deadline);
  }

  /// As wait_for(), until a point on any clock.
  template <detail::TimePoint P>
  requires Sync::can_wait [[nodiscard]] bool wait_until(P const& point) const {
    return detail::wait_until_by(point, [this](auto const& left) { return this->wait_for(left); });
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  using Attempt = detail::Attempt<Sync, Fork>;
  using Whole = detail::WholeAttempt<Sync, Fork>;
  static constexpr detail::Manner call_{.minds_poison = true, .leaves_poison = true};
  static constexpr detail::Manner force_{.leaves_poison = true};

  // Named: whose name this goes by.
  template <detail::Manner manner, class F, class Named = F>
  constexpr void run(F&& f) const {
    if (!Sync::can_wait && std::is_constant_evaluated()) {
      if constexpr (!Sync::can_wait) {
        constexpr detail::Label const& called = detail::label_for<label_, Named>();
        Attempt attempt;
        typename Attempt::Run run{attempt.template enter<manner>(machine, called)};
        call<manner>(static_cast<F&&>(f), called, attempt);
        run.succeed();
      }
    } else if constexpr (detail::stateless<F> && !Whole::at_site) {
      Whole::template perform_body<label_, manner, true>(*this, &body<manner, F, Named, false>);
    } else {
      run_cold<manner, F, Named>(*this, static_cast<F&&>(f));
    }
  }

  template <detail::Manner manner, class F, class Named, bool bits = detail::as_bits<F>>
  FIRST_USE_COLD static void run_cold(BasicOnce const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label_, Named>();
    if constexpr (detail::can_be_null<std::remove_cvref_t<F>>) detail::refuse_null(f, called);
    Whole::template perform<manner, true>(self, detail::pack<F, bits>(f), called, &body<manner, F, Named, bits>);
  }

  template <detail::Manner manner, class F, class Named, bool bits>
  static void body(typename Whole::Object const&, void* of_call, Attempt& attempt) {
    constexpr detail::Label const& called = detail::label_for<label_, Named>();
    if constexpr (detail::stateless<F>) {
      call<manner>(F{}, called, attempt);
    } else {
      auto&& f = detail::unpack<F, bits>(of_call);
      call<manner>(static_cast<F&&>(f), called, attempt);
    }
  }

  template <detail::Manner manner, class F>
  static constexpr void call(F&& f, detail::Label const& called, Attempt& attempt) {
    if constexpr (manner.minds_poison) {
      detail::invoke(static_cast<F&&>(f));
    } else {
      OnceState const state{attempt.found() == detail::State::poisoned};
      OnceState const* told = &state;
      // g++ takes a pointer to a member of it for a virtual one, and warns of the bytes where its table would lie.
      FIRST_USE_FORGET_ORIGIN(told);
      detail::invoke(static_cast<F&&>(f), *told);
    }
    if (attempt.straddled()) {
      attempt.leave_nothing();
      detail::raise_straddled(called);
    }
  }

  static constexpr detail::Label label_{!Fork::wipes ? "Once" : "WipeOnForkOnce", nullptr, nullptr,
                                        Attempt::carry_over()};
};

/// Run-once for threads, kept across forks.
using Once = BasicOnce<>;

FIRST_USE_END

#endif
