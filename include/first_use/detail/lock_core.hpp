// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a OnceLock does, under the page that users read: looking, waiting, and the ways of filling it.
#ifndef FIRST_USE_DETAIL_LOCK_CORE_HPP
#define FIRST_USE_DETAIL_LOCK_CORE_HPP

#include <optional>
#include <type_traits>

#include <first_use/detail/callable.hpp>
#include <first_use/detail/lock_store.hpp>
#include <first_use/detail/timing.hpp>
#include <first_use/detail/try_result.hpp>

FIRST_USE_BEGIN
namespace detail {

template <class T, class Sync, class Fork>
struct LockCore : LockStore<T, Sync, Fork> {
  using Store = LockStore<T, Sync, Fork>;
  using Attempt = detail::Attempt<Sync, Fork>;
  using Whole = WholeAttempt<Sync, Fork>;
  using Store::machine;
  using Store::Store;
  using Store::value;

  static constexpr Label label{Fork::wipes ? (Sync::can_wait ? "WipeOnForkOnceLock" : "WipeOnForkOnceCell")
                                           : (Sync::can_wait ? "OnceLock" : "OnceCell"),
                               signature<T>(), nullptr, Attempt::carry_over()};

  constexpr T* peek() const noexcept { return machine.is_complete() ? &value() : nullptr; }

  constexpr T& checked() const {
    if (!machine.is_complete()) [[unlikely]]
      raise_empty(label);
    return value();
  }

  template <class D>
  T* peek_within(D const& duration) const {
    if (machine.is_complete()) return &value();
    Deadline const deadline = deadline_after(Sync::now(), duration);
    return machine.wait(label, false, &deadline) ? &value() : nullptr;
  }

  template <class F>
  constexpr T& obtain(F&& f) const {
    FIRST_USE_CHECK_INITIALISER(T, F);
    LockCore const* self = this;
    if (!machine.is_complete()) [[unlikely]] {
      if (!Sync::can_wait && std::is_constant_evaluated()) {
        if constexpr (!Sync::can_wait) {
          Attempt attempt;
          typename Attempt::Run run{attempt.enter(machine, label_for<label, F>())};
          this->make(ByCall{}, static_cast<F&&>(f));
          run.succeed();
        }
      } else {
        typename Whole::Object const* same;
        if constexpr (Whole::at_site) {
          same = init_here<F>(*this, static_cast<F&&>(f));
        } else if constexpr (stateless<F> && !Fork::wipes) {
          same = Whole::template perform_body<label, Manner{}, false>(*this, &Store::template make_stateless<F>);
        } else {
          same = init<F>(*this, static_cast<F&&>(f));
        }
        if (!FIRST_USE_COLD_CALL_IS_VOID(this)) self = static_cast<LockCore const*>(same);
      }
    }
    return self->value();
  }

  /// Makes the value if nobody has; `how` is what Room is built from.
  template <Manner manner, class... How>
  constexpr Progress fill(How&&... how) const {
    Attempt attempt;
    auto* const claimed = attempt.template enter<manner>(machine, label);
    if (claimed == nullptr) return attempt.progress();
    typename Attempt::Run run{claimed};
    this->clean(attempt.found());
    this->make(static_cast<How&&>(how)...);
    if (attempt.straddled()) raise_straddled(label);
    run.succeed();
    return Progress::claimed;
  }

  template <class Pointer, class F>
  constexpr auto try_obtain(F&& f) const {
    static_assert(std::is_invocable_v<F>, "first_use: the initialiser cannot be called without arguments");
    using Result = TryResult<std::remove_cvref_t<std::invoke_result_t<F>>, Pointer>;
    if (machine.is_complete()) [[likely]]
      return Result(&value());
    return try_init<Result, F>(*this, static_cast<F&&>(f));
  }

  /// Exclusive access to both: moves the value here, and leaves `other` empty.
  constexpr void take_from(LockCore& other) {
    if (T* const from = other.peek()) {
      this->make_alone(label, ByArguments{}, static_cast<T&&>(*from));
      other.clear(State::incomplete);
    }
  }

 private:
  template <class F, bool bits = as_bits<F>>
  FIRST_USE_COLD static typename Whole::Object const* init(LockCore const& self, Passed<F> f) {
    return pass_on<F, bits>(self, f);
  }
  // Not for size: here is the whole attempt.
  template <class F, bool bits = as_bits<F>>
  FIRST_USE_SLOW_AT_SITE static typename Whole::Object const* init_here(LockCore const& self, Passed<F> f) {
    return pass_on<F, bits>(self, f);
  }
  template <class F, bool bits>
  FIRST_USE_INLINE static typename Whole::Object const* pass_on(LockCore const& self,
                                                                std::remove_reference_t<Passed<F>>& f) {
    constexpr Label const& called = label_for<label, F>();
    if constexpr (can_be_null<std::remove_cvref_t<F>>) refuse_null(f, called);
    return Whole::template perform<Manner{}, false>(self, pack<F, bits>(f), called, &body<F, bits>);
  }

  template <class F, bool bits>
  static void body(typename Whole::Object const& object, void* call, Attempt& attempt) {
    auto& self = static_cast<LockCore const&>(object);
    self.clean(attempt.found());
    auto&& f = unpack<F, bits>(call);
    self.make(ByCall{}, static_cast<F&&>(f));
    if (attempt.straddled()) raise_straddled(label_for<label, F>());
  }

  template <class Result, class F>
  FIRST_USE_COLD static constexpr Result try_init(LockCore const& self, Passed<F> f) {
    constexpr Label const& called = label_for<label, F>();
    refuse_null(f, called);
    Attempt attempt;
    if (auto* const claimed = attempt.enter(self.machine, called)) {
      typename Attempt::Run run{claimed};
      self.clean(attempt.found());
      auto result = static_cast<F&&>(f)();
      if (!result.has_value()) return failure_of<Result>(static_cast<decltype(result)&&>(result));
      self.make(ByArguments{}, *static_cast<decltype(result)&&>(result));
      if (attempt.straddled()) raise_straddled(called);
      run.succeed();
    }
    return Result(&self.value());
  }
};

}  // namespace detail
FIRST_USE_END

#endif
