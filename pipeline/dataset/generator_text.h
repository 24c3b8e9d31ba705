// pipeline/dataset/generator_text.h — sentences for overviews and taglines that say nothing of any
// movie.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/dataset/random.h"

namespace marquee {

/// Make `count` English sentences of filler words, all ASCII, most of them with a comma; none is
/// longer than 200 bytes.
std::vector<std::string> MakeSentences(std::size_t count, Random& random);

/// Short words of other scripts, as titles and overviews hold here and there.
std::string_view ForeignWord(Random& random);

}  // namespace marquee
