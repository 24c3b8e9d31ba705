// pipeline/transport/kafka/produce_service.h — what comes out of an epoch, into topics.
#pragma once

#include <string>

#include "pipeline/core/runner.h"
#include "pipeline/transport/kafka/outbox.h"
#include "pipeline/transport/kafka/service.h"

namespace marquee {

/// Run `epoch`, which puts its outputs into `outbox`, and send them from the caller's thread until
/// the epoch has ended and all is acknowledged. Stopped, it sends what the epoch has put out until
/// then; so the epoch must end when `control` says stop.
///
/// `in_bulk`: see SendingOptions.
/// Errors: the epoch's; kUnavailable, where the client cannot go on, or the brokers do not
/// acknowledge in time after a stop. Then `failed_to_send` is true: each partition has the first of
/// its messages, and another call can go on after them. (What was under way may still be written a
/// moment later, so that it is there twice; readers drop that.)
Status RunProduceService(const KafkaConnection& connection, const std::string& compression,
                         bool in_bulk, Runner& runner, Epoch& epoch, Outbox& outbox,
                         ServiceControl& control, ServiceReport& report, bool& failed_to_send);

/// Memory of an outbox that is filled faster than brokers take.
inline constexpr std::size_t kProduceOutboxBytes = 16 << 20;

}  // namespace marquee
