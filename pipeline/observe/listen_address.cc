#include "pipeline/observe/listen_address.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdint>

namespace marquee {

Status CheckListenAddress(const std::string& address, std::string_view flag) {
  const auto wrong = [&address] {
    return Status::Usage(
        fmt::format("'{}' is no address to listen on; write IP:PORT, as in 127.0.0.1:9401 or "
                    "[::1]:9401",
                    address));
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return wrong();
  const std::string_view port = std::string_view(address).substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return wrong();
  const bool is_v6 = colon >= 2 && address.front() == '[' && address[colon - 1] == ']';
  const std::string host = is_v6 ? address.substr(1, colon - 2) : address.substr(0, colon);
  in6_addr binary;  // of both families: IPv4's is shorter
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, host.c_str(), &binary) != 1) return wrong();
  if (is_v6 && mg_check_feature(MG_FEATURES_IPV6) == 0) {
    return Status::Unavailable(
        fmt::format("cannot listen on {}: this system's civetweb is built without IPv6; choose an "
                    "IPv4 address with {}, as in 127.0.0.1:9401",
                    address, flag));
  }
  return {};
}

}  // namespace marquee
