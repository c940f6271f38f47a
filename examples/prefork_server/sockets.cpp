// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

#include "error.hpp"
#include "interruptions.hpp"

namespace prefork_server {
namespace {

constexpr std::size_t longest_line = 1024;
constexpr int longest_queue = 64;

Descriptor make_socket() {
  int const number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (number < 0) fail_with_errno("cannot make a socket");
  return Descriptor{number};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::optional<std::string> LineStream::read_line() {
  for (;;) {
    if (auto const end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > longest_line) return std::nullopt;
    char block[longest_line];
    auto const size = uninterrupted([&] { return ::recv(socket_.number(), block, sizeof block, 0); });
    if (size <= 0) return std::nullopt;
    received_.append(block, static_cast<std::size_t>(size));
  }
}

bool LineStream::write_line(std::string line) {
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    // A client that has gone must not kill the worker by SIGPIPE.
    auto const size = uninterrupted([&] { return ::send(socket_.number(), rest.data(), rest.size(), MSG_NOSIGNAL); });
    if (size < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

Listener::Listener() : socket_{make_socket()} {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any_address = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_.number(), any_address, size) != 0 || ::listen(socket_.number(), longest_queue) != 0 ||
      ::getsockname(socket_.number(), any_address, &size) != 0) {
    fail_with_errno("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
}

LineStream Listener::accept() const {
  for (;;) {
    int const number = uninterrupted([&] { return ::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC); });
    if (number >= 0) return LineStream{Descriptor{number}};
    if (errno != ECONNABORTED) fail_with_errno("cannot accept a connection");  // else: a client that has gone again
  }
}

LineStream connect_to(std::uint16_t port) {
  Descriptor socket = make_socket();
  sockaddr_in const address = loopback(port);
  // Not repeated after a signal, because a second connect() would find the first one under way. There is a place in the
  // queue of the listener, so this does not block.
  if (::connect(socket.number(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
    throw_if_interrupted();
    fail_with_errno("cannot connect to 127.0.0.1");
  }
  return LineStream{std::move(socket)};
}

}  // namespace prefork_server
