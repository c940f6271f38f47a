// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A small service, made of lazies as such things are. It knows nothing of being observed; only its initialisers have
// names, because several have the same type.
#ifndef TRACE_STARTUP_APPLICATION_HPP
#define TRACE_STARTUP_APPLICATION_HPP

namespace app {

/// Starts the service's threads, lets each serve one request, and returns when all have.
void run();

}  // namespace app

#endif
