// pipeline/app/service_ports.h — where a service's metrics and health are unless told otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace marquee {

struct ServicePort {
  std::string_view stage;
  std::uint16_t port;
};

inline constexpr std::array<ServicePort, 3> kServicePorts = {{
    {"preprocess", 9401},
    {"infer", 9402},
    {"produce", 9403},
}};

}  // namespace marquee
