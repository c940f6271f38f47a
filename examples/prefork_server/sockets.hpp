// SPDX-License-Identifier: MIT OR Apache-2.0
//
// As much of TCP as this example needs: lines of text, over loopback only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace prefork_server {

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  int number() const { return number_; }

 private:
  int number_;
};

// One end of a connection.
class LineStream {
 public:
  explicit LineStream(Descriptor socket) noexcept : socket_{std::move(socket)} {}

  // The next line, without its end; nothing when the other side has hung up, or sends no lines but something else.
  std::optional<std::string> read_line();
  // Whether the other side still takes it.
  bool write_line(std::string line);

 private:
  Descriptor socket_;
  std::string received_;  // but not yet read
};

// Everything from here on throws Error.

class Listener {
 public:
  // Listens on 127.0.0.1, on a port that the kernel chooses.
  Listener();

  std::uint16_t port() const { return port_; }
  // Waits for the next client.
  LineStream accept() const;

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

LineStream connect_to(std::uint16_t port);

}  // namespace prefork_server
