#include "kernels/encode.h"

#include <algorithm>
#include <array>

#include "schemas/check.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/encode.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

#if HWY_ARCH_X86 && HWY_TARGET != HWY_STATIC_TARGET

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Codes = hn::ScalableTag<std::uint32_t>;
using Offsets = hn::RebindToSigned<Codes>;
using Floats = hn::RebindToFloat<Codes>;

/// Search for a vector of codes at once, until the last of them is found or known to be unknown.
HWY_INLINE hn::Vec<Floats> FindVector(const CodeTable<float>& table, hn::Vec<Codes> codes) {
  using Slot = CodeSlot<float>;
  const Codes d;
  const auto* first_code = &table.slots.data()->code;
  const auto* first_value = &table.slots.data()->value;
  const auto mask = hn::Set(d, static_cast<std::uint32_t>(table.slots.size() - 1));
  const auto offset_of = [](hn::Vec<Codes> place)
                             HWY_ATTR { return hn::BitCast(Offsets(), hn::ShiftLeft<3>(place)); };
  static_assert(sizeof(Slot) == 1 << 3);
  auto place = hn::ShiftRightSame(hn::Mul(codes, hn::Set(d, CodeTable<float>::kSpread)),
                                  static_cast<int>(table.shift));
  for (;;) {
    const auto here = hn::GatherOffset(d, first_code, offset_of(place));
    const auto ends = hn::Or(hn::Eq(here, codes), hn::Eq(here, hn::Zero(d)));
    if (hn::AllTrue(d, ends)) break;
    place = hn::IfThenElse(ends, place, hn::And(hn::Add(place, hn::Set(d, 1)), mask));
  }
  const auto found = hn::GatherOffset(Floats(), first_value, offset_of(place));
  const auto is_zero = hn::RebindMask(Floats(), hn::Eq(codes, hn::Zero(d)));
  return hn::IfThenElse(is_zero, hn::Set(Floats(), table.zero_value), found);
}

}  // namespace

/// Look up every code. Shapes: found [codes.size()].
void FindAll(const CodeTable<float>& table, std::span<const std::uint32_t> codes,
             std::span<float> found) {
  const Codes d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= codes.size(); i += hn::Lanes(d)) {
    hn::StoreU(FindVector(table, hn::LoadU(d, codes.data() + i)), Floats(), found.data() + i);
  }
  for (; i < codes.size(); ++i) found[i] = table.Find(codes[i]);
}

#else

// Without an instruction that gathers, nothing beats one search after the other.
void FindAll(const CodeTable<float>& table, std::span<const std::uint32_t> codes,
             std::span<float> found) {
  for (std::size_t i = 0; i < codes.size(); ++i) found[i] = table.Find(codes[i]);
}

#endif

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

/// Call visit(row, items of the row) for every row.
template <class Visit>
void ForEachRow(ListView list, Visit visit) noexcept {
  std::size_t begin = 0;
  for (std::size_t row = 0; row < list.lengths.size(); ++row) {
    const std::size_t length = list.lengths[row];
    MARQUEE_CHECK(length <= list.codes.size() - begin);
    visit(row, list.codes.subspan(begin, length));
    begin += length;
  }
}

/// So many items are looked at together: their values stay in the first-level cache.
constexpr std::size_t kItemsAtOnce = 1024;

/// Call visit(rows, items) for all items, some after some: items[i] belongs to row rows[i].
///
/// How many items a row has cannot be foreseen, and a loop over them mispredicts its end nearly every
/// time. So the row of each item is written down, kCopies times whether it has as many items or not,
/// and loops go over the items of many rows.
template <class Visit>
void ForEachItems(ListView list, Visit visit) noexcept {
  constexpr std::size_t kCopies = 8;
  std::array<std::uint32_t, kItemsAtOnce + kCopies> rows;
  std::size_t first = 0;  // item
  std::size_t count = 0;
  const auto visit_some = [&] {
    visit(std::span<const std::uint32_t>(rows).first(count), list.codes.subspan(first, count));
    first += count;
    count = 0;
  };
  for (std::size_t row = 0; row < list.lengths.size(); ++row) {
    const auto number = static_cast<std::uint32_t>(row);
    std::size_t length = list.lengths[row];
    MARQUEE_CHECK(length <= list.codes.size() - first - count);
    while (length > kItemsAtOnce - count) {
      const std::size_t part = kItemsAtOnce - count;
      std::fill_n(rows.data() + count, part, number);
      count += part;
      length -= part;
      visit_some();
    }
    std::fill_n(rows.data() + count, kCopies, number);
    for (std::size_t i = kCopies; i < length; ++i) rows[count + i] = number;
    count += length;
  }
  visit_some();
}

/// Write the value of a row's items that `better` prefers to all before it.
template <class Better>
void EncodeBest(ListView list, const CodeTable<float>& values, float empty, std::span<float> out,
                Better better) noexcept {
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    if (items.empty()) {
      out[row] = empty;
      return;
    }
    float best = values.Find(items[0]);
    for (const std::uint32_t item : items.subspan(1)) {
      const float value = values.Find(item);
      if (better(value, best)) best = value;
    }
    out[row] = best;
  });
}

}  // namespace

void EncodeHot(ListView list, const CodeTable<std::uint32_t>& columns, std::size_t num_codes,
               bool other, MatrixView out) noexcept {
  const std::size_t num_rows = list.lengths.size();
  for (std::size_t c = 0; c < num_codes; ++c) std::fill_n(out.column(c), num_rows, 0.0f);
  if (other) std::fill_n(out.column(num_codes), num_rows, 1.0f);
  ForEachItems(list,
               [&](std::span<const std::uint32_t> rows, std::span<const std::uint32_t> items) {
                 for (std::size_t i = 0; i < items.size(); ++i) {
                   const std::uint32_t column = columns.Find(items[i]);
                   if (column == num_codes) continue;
                   out.column(column)[rows[i]] = 1.0f;
                   if (other) out.column(num_codes)[rows[i]] = 0.0f;
                 }
               });
}

void AddItemValues(ListView list, const CodeTable<float>& values, std::span<float> sums) noexcept {
  MARQUEE_CHECK(sums.size() == list.lengths.size());
  const auto find_all = MARQUEE_FOR_ISA(ActiveIsa(), FindAll);
  ForEachItems(list,
               [&](std::span<const std::uint32_t> rows, std::span<const std::uint32_t> items) {
                 // First all look-ups, which wait for memory; then all sums, which wait for one another.
                 std::array<float, kItemsAtOnce> found;
                 find_all(values, items, std::span(found).first(items.size()));
                 for (std::size_t i = 0; i < items.size(); ++i) sums[rows[i]] += found[i];
               });
}

void EncodeMean(ListView list, const CodeTable<float>& values, float empty,
                std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    float sum = 0.0f;
    for (const std::uint32_t item : items) sum += values.Find(item);
    out[row] = items.empty() ? empty : sum / static_cast<float>(items.size());
  });
}

void EncodeMax(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  EncodeBest(list, values, empty, out, [](float value, float best) { return value > best; });
}

void EncodeMin(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  EncodeBest(list, values, empty, out, [](float value, float best) { return value < best; });
}

}  // namespace marquee::kernels
#endif
