// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <vector>

namespace prefork_server {

// Child processes. None of them outlives this object, and none outlives this process, however it ends.
class Workers {
 public:
  Workers() = default;
  // Kills those that have not been waited for.
  ~Workers();
  Workers(Workers const&) = delete;
  Workers& operator=(Workers const&) = delete;

  // Forks a worker that does this work and ends. Throws: Error.
  void start(std::function<void()> const& work);
  // Waits until all have ended by themselves. Throws: Error if one of them failed.
  void wait();

  std::vector<pid_t> const& ids() const { return ids_; }

 private:
  std::vector<pid_t> ids_;
  std::size_t waited_for_ = 0;  // so many of ids_ exist no more, the first ones
};

}  // namespace prefork_server
