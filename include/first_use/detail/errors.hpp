// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The errors a user can meet, and how they leave the library: thrown, or (no exceptions) printed before an abort.
#ifndef FIRST_USE_DETAIL_ERRORS_HPP
#define FIRST_USE_DETAIL_ERRORS_HPP

#include <cstddef>
#include <cstdint>
#include <exception>

#include <first_use/detail/config.hpp>

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)
#include <unistd.h>
#else
#include <cstdio>
#endif

FIRST_USE_BEGIN_PLAIN
namespace process {

struct Frame;  // frame.hpp

/// What all objects of one type have in common. How they are called in messages: "OnceLock", the signature that holds the
/// value's type, and what the user calls it. And how a running one's word is stamped anew for another generation.
struct Label {
  char const* kind;
  char const* signature;                                       // null: the kind says it all
  char const* name = nullptr;                                  // null: it has none, or whoever asks does not know it
  void (*carry)(Frame const&, std::uint64_t stamp) = nullptr;  // null: its words carry none
};

/// Text in a fixed buffer: building an error must not allocate. A text that does not fit ends in "...".
class Text {
 public:
  constexpr Text() noexcept { text_[0] = '\0'; }

  constexpr Text& operator<<(char const* text) noexcept {
    while (*text != '\0') put(*text++);
    return *this;
  }

  constexpr Text& operator<<(Label const& label) noexcept {
    *this << label.kind;
    if (label.signature != nullptr) {
      put('<');
      write_type(label.signature);
      put('>');
    }
    return label.name != nullptr ? *this << " \"" << label.name << "\"" : *this;
  }

  constexpr Text& operator<<(std::uint64_t number) noexcept {
    if (number >= 10) *this << number / 10;
    put(static_cast<char>('0' + number % 10));
    return *this;
  }

  constexpr char const* c_str() const noexcept { return text_; }
  constexpr std::size_t size() const noexcept { return size_; }

  // A ring of eight, each with a type of a namespace or two and a name.
  static constexpr std::size_t room = 2000;

 private:
  constexpr void put(char c) noexcept {
    if (size_ + 1 < room) {
      text_[size_++] = c;
      text_[size_] = '\0';
      return;
    }
    for (std::size_t i = room - 4; i != room - 1; ++i) text_[i] = '.';
  }

  // "... [with Named = Config]" (g++), "... [Named = Config]" (clang), "signature<Config>(void)" (MSVC).
  constexpr void write_type(char const* signature) noexcept {
    char const* begin = signature;
    char const* end = signature;
    while (*end != '\0') ++end;
    for (char const* at = signature; *at != '\0'; ++at) {
      if (at[0] == 'N' && at[1] == 'a' && at[2] == 'm' && at[3] == 'e' && at[4] == 'd' && at[5] == ' ' &&
          at[6] == '=') {
        begin = at + 8;
        --end;
        break;
      }
      if (at[0] == '<' && begin == signature) begin = at + 1;
    }
    while (begin < end) put(*begin++);
  }

  char text_[room];  // not zeroed: most is never used
  std::size_t size_ = 0;
};

/// The signature of this function names the type; the message-writer cuts it out, so that no site pays for parsing.
template <class Named>
constexpr char const* signature() noexcept {
  return FIRST_USE_SIGNATURE;
}

}  // namespace process

/// The base of all errors of the library: wrong use that is told where others hang. Thrown as it stands for an empty
/// value(), a missing initialiser, use after destruction, a fork that used up an initialiser, and failed set-up.
///
/// Nothrow-copyable; the text lies inside the object. No allocation happens to make one.
class FIRST_USE_SHARED InitError : public std::exception {
 public:
  explicit InitError(process::Text const& text) noexcept : text_{text} {}
  InitError(InitError const&) noexcept = default;
  InitError& operator=(InitError const&) noexcept = default;
  ~InitError() override = default;

  /// What happened, to which type, and what to do about it; one line.
  [[nodiscard]] char const* what() const noexcept override { return text_.c_str(); }

  /// Whether the error speaks of a knot of initialisers (re-entrance, deadlock) and not of a value: what let it through
  /// has not tried in earnest, so that a Once or a lazy it escapes from is not poisoned.
  [[nodiscard]] bool is_knot() const noexcept { return knot_; }

 protected:
  InitError(process::Text const& text, bool knot) noexcept : text_{text}, knot_{knot} {}

 private:
  process::Text text_;
  bool knot_ = false;
};

/// An initialiser asked for the very object it is initialising, in the same thread. Thrown in the inner call.
class FIRST_USE_SHARED ReentrantInitError : public InitError {
 public:
  explicit ReentrantInitError(process::Text const& text) noexcept : InitError{text, true} {}
};

/// Initialisers of several threads wait for each other in a ring. Thrown in (at least) one of them.
class FIRST_USE_SHARED DeadlockError : public InitError {
 public:
  explicit DeadlockError(process::Text const& text) noexcept : InitError{text, true} {}
};

/// An earlier initialiser of this Once or lazy failed, and its failure is kept.
class FIRST_USE_SHARED PoisonedError : public InitError {
 public:
  explicit PoisonedError(process::Text const& text) noexcept : InitError{text} {}
};

/// What is called with the error's text where exceptions are off, before the process is aborted.
using FatalHandler = void (*)(char const* text);

namespace process {

inline void print_fatal(char const* text) {
#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)
  // Without stdio: the process is about to end in whatever state it is, and may hold stdio's locks. In one piece, since
  // other processes write there, too; the end of the line takes the place of a full text's zero.
  char line[Text::room];
  std::size_t left = 0;
  for (; text[left] != '\0' && left + 1 != sizeof line; ++left) line[left] = text[left];
  line[left++] = '\n';
  for (char const* from = line; left != 0;) {
    auto const written = ::write(2, from, left);
    if (written <= 0) return;
    from += written;
    left -= static_cast<std::size_t>(written);
  }
#else
  std::fputs(text, stderr);
  std::fputc('\n', stderr);
#endif
}

FIRST_USE_SHARED inline constinit SharedPointer<FatalHandler> fatal_handler{&print_fatal};

[[noreturn]] FIRST_USE_COLD inline void fatal(char const* text) {
  fatal_handler.load()(text);
  FIRST_USE_ABORT();
}

}  // namespace process

/// Replaces what prints an error's line where exceptions are off (and where even they cannot help); null restores the
/// printing to stderr. The process is aborted when the handler returns; a handler may log, jump to a debugger or exit.
/// Returns the handler before.
///
/// Blocks: never. Throws: nothing. On fork: the child keeps the handler. May be called from any thread.
inline FatalHandler set_fatal_handler(FatalHandler handler) noexcept {
  return process::fatal_handler.exchange(handler != nullptr ? handler : &process::print_fatal);
}

FIRST_USE_END_PLAIN

FIRST_USE_BEGIN
namespace detail {

template <class Error>
[[noreturn]] FIRST_USE_COLD void raise(Text const& text) {
#if FIRST_USE_HAS_EXCEPTIONS
  throw Error{text};
#else
  fatal(Error{text}.what());
#endif
}

}  // namespace detail
FIRST_USE_END

#endif
