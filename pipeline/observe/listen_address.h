// pipeline/observe/listen_address.h — where a server of this process listens.
#pragma once

#include <string>
#include <string_view>

#include "schemas/status.h"

namespace marquee {

/// Check an address, IP:PORT as in 127.0.0.1:9401 or [::1]:9401, for civetweb takes several, and a
/// port alone for all interfaces. `flag` is where it was given.
/// Errors: kUsage if it is no such address; kUnavailable if it is IPv6 and civetweb knows none.
Status CheckListenAddress(const std::string& address, std::string_view flag);

}  // namespace marquee
