// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The tour's notebook: what each thread saw of each initialiser. Nothing here is needed to use first_use.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace tour {

inline constexpr std::size_t reader_count = 8;

// 0 is the main thread; the readers are 1 to reader_count.
inline constinit thread_local std::size_t thread_number = 0;

class Witness {
 public:
  // `globals` counts the objects that are there from the start.
  constexpr Witness(char const* name, char const* type, std::size_t globals)
      : name_{name}, type_{type}, globals_{globals} {}

  // One more object came into being.
  void made() noexcept { ++here().made; }
  // Somebody is about to ask for the value. `already_there` is what a look just before said.
  void asked(bool already_there) noexcept;
  // Called from inside the initialiser, and so by the thread that runs it.
  void ran() noexcept { ++here().ran; }

  // The rest is for the report, after the readers have been joined.
  std::string name() const { return name_; }
  std::string type() const { return type_; }
  std::size_t objects() const;
  // "8", or "8 + main".
  std::string askers() const;
  std::size_t runs() const;
  std::string run_by() const;
  // Those who found no value when they asked, and got one without making it.
  std::string waited() const;

 private:
  struct Notes {
    std::size_t made = 0;
    std::size_t asked = 0;
    std::size_t found_nothing = 0;
    std::size_t ran = 0;
  };
  Notes& here() noexcept { return notes_[thread_number]; }

  char const* name_;
  char const* type_;
  std::size_t globals_;
  // Each thread writes its own element only, and the report reads them after the join: no lock is needed, and
  // taking notes does not line the threads up.
  std::array<Notes, reader_count + 1> notes_{};
};

namespace witnesses {
inline constinit Witness options{"options", "OnceLock", 1};
inline constinit Witness number_format{"number format", "Once", 1};
inline constinit Witness source_files{"source files", "OnceLock", 1};
inline constinit Witness word_index{"word index", "LazyLock", 1};
inline constinit Witness stop_words{"stop words", "LazyLock", 1};
inline constinit Witness document_words{"words of a document", "OnceCell", 0};
inline constinit Witness suggestion{"suggestion", "LazyCell", 0};

inline constexpr std::array<Witness const*, 7> all{&options,    &number_format,  &source_files, &word_index,
                                                   &stop_words, &document_words, &suggestion};
}  // namespace witnesses

}  // namespace tour
