#include "model/scaler.h"

#include "kernels/scale.h"
#include "schemas/check.h"

namespace marquee::model {

void Scaler::Apply(std::span<const std::span<const float>> numeric, std::size_t num_rows,
                   kernels::MatrixView out) const noexcept {
  MARQUEE_CHECK(numeric.size() == mean_.size());
  for (std::size_t c = 0; c < numeric.size(); ++c) {
    kernels::Standardise(numeric[c].first(num_rows), mean_[c], inv_std_[c],
                         {out.column(c), num_rows});
  }
}

}  // namespace marquee::model
