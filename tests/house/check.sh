#!/usr/bin/env bash
# check.sh: does the house keep its own rules? Who includes whom, how long files are, a README in every room, alerts on metrics that
# there are, the stack's settings in their table.
# `./run lint` calls it. Prints each breach as file:line, and exits 1 if there is any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# A folder, and whose headers its files may include beside their own folder's. The longest folder that fits a file counts.
rules='
schemas
kernels             schemas/check.h
model               schemas kernels
model/import        schemas kernels model
pipeline/core       schemas kernels model
pipeline/dataset    schemas kernels model pipeline/core
pipeline/stages     schemas kernels model pipeline/core pipeline/dataset pipeline/observe
pipeline/transport  schemas pipeline/core pipeline/observe
pipeline/observe    schemas pipeline/core
pipeline/app        schemas kernels model pipeline
bench               schemas kernels model pipeline viewer/data
viewer/data         schemas kernels model pipeline
viewer/ui           schemas
viewer/screen       schemas viewer/ui viewer/data/snapshot_message.h
viewer/serve        schemas pipeline/app pipeline/observe viewer/data
viewer/web          schemas viewer/ui viewer/screen viewer/data/snapshot_message.h
viewer/app          schemas kernels model pipeline viewer
tests               schemas kernels model pipeline bench viewer
'
# What a kernel is free of: I/O, threads, allocation by its own hand, logging, messages.
not_in_kernels='iostream|[io]?fstream|[io]stream|cstdio|stdio\.h|filesystem|thread|mutex|condition_variable|future'
not_in_kernels+='|flatbuffers/|librdkafka/|tbb/|oneapi/|spdlog/|fmt/|curl/|zlib'
# What drawing is free of, so that it runs in a browser too: I/O, threads, libraries beside ImGui and fmt.
not_in_ui='^<(iostream|[io]?fstream|cstdio|filesystem|thread|mutex|future|CLI/|nlohmann/|toml|librdkafka/)'

includes() {
  grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.h' --include='*.cc' \
    schemas kernels model pipeline bench viewer tests || true
}

check_includes() {
  awk -v rules="$rules" -v not_in_kernels="^<($not_in_kernels)" -v not_in_ui="$not_in_ui" '
    BEGIN {
      count = split(rules, lines, "\n")
      for (i = 1; i <= count; i++) {
        gsub(/ +/, " ", lines[i])
        folder = lines[i]; sub(/ .*/, "", folder)
        if (folder == "") continue
        allowed[folder] = lines[i]
      }
      own = "^<(schemas|kernels|model|pipeline|bench|viewer|tests)/"
    }
    function breach(why) { print file ":" line ": " why; bad = 1 }
    function room_of(path) {
      while (sub(/\/[^\/]*$/, "", path)) if (path in allowed) return path
      return ""
    }
    {
      file = $0; sub(/:.*/, "", file)
      line = substr($0, length(file) + 2); sub(/:.*/, "", line)
      header = $0; sub(/^[^"<]*/, "", header); sub(/[">][^">]*$/, "", header)
      room = room_of(file)
      if (room == "") { breach("this folder is not in the rules of tests/house/check.sh"); next }
      if (header ~ own) { breach(header "> is ours: include it in quotes"); next }
      # The benchmark compares with librdkafka alone, without what this folder makes of it.
      if (header ~ /librdkafka\// && file !~ /^(tests\/)?pipeline\/transport\/kafka\/|^tests\/integration\/|^bench\/end_to_end\//)
        breach("only pipeline/transport/kafka/ includes librdkafka")
      if (header ~ /^<(imgui|backends\/imgui_)/ && file !~ /^(tests\/)?viewer\/(ui|screen|web|app)\/|^tests\/support\/imgui_harness/)
        breach("only viewer/{ui,screen,web,app}/ draw with ImGui")
      if (header ~ /GLFW\// && file !~ /^viewer\/app\//) breach("only viewer/app/ has a window")
      if (room == "model" && header ~ /^"model\/import\//)
        breach("a model does not know where it was imported from")
      if (room == "viewer/ui" && header ~ not_in_ui) breach(header "> has no place where one only draws")
      if (room == "kernels" && header ~ not_in_kernels) breach(header "> has no place in a kernel")
      if (header !~ /^"/) next
      header = substr(header, 2)
      fits = 0
      count = split(allowed[room], names, " ")
      for (i = 1; i <= count; i++)
        if (header == names[i] || index(header, names[i] "/") == 1) fits = 1
      if (!fits) breach(room "/ may not include \"" header "\" (from the root: " allowed[room] ")")
    }
    END { exit bad }'
}

check_lengths() {
  local file bad=0
  while read -r lines file; do
    if [[ $file != total ]] && ((lines >= 900)); then
      echo "$file:1: $lines lines; a file stays below 900: is this still one room?"
      bad=1
    fi
  done < <(find schemas kernels model pipeline bench viewer tests run \
    \( -name '*.h' -o -name '*.cc' -o -name '*.py' -o -name '*.sh' -o -name run \) -exec wc -l {} +)
  return "$bad"
}

check_readmes() {
  local folder lines bad=0
  for folder in schemas kernels model model/import pipeline pipeline/*/ bench viewer compose tests; do
    folder=${folder%/}
    if [[ ! -f $folder/README.md ]]; then
      echo "$folder: no README.md that says what lives here"
      bad=1
    elif lines=$(wc -l <"$folder/README.md") && ((lines > 10)); then
      echo "$folder/README.md:1: $lines lines; ten must do"
      bad=1
    fi
  done
  return "$bad"
}

# A series that nobody writes would keep an alert silent and a panel empty.
check_metrics() {
  local bad=0 file metric
  while IFS=: read -r file metric; do
    if ! grep -qF "\"$metric\"" pipeline/observe/metrics.cc; then
      echo "$file: there is no metric $metric in pipeline/observe/metrics.cc"
      bad=1
    fi
  done < <(grep -roE '\bmarquee_[a-z_]+' compose/observability | sort -u)
  if command -v promtool >/dev/null; then
    promtool check rules compose/observability/alerts.yaml >&2 &&
      promtool test rules compose/observability/alerts_test.yaml >&2 || bad=1
  else
    echo "promtool is not here (package prometheus): alerts are checked by ./run compose-test only" >&2
  fi
  return "$bad"
}

# What the stack can be told stands in one table, with the defaults that it has.
check_settings() {
  local bad=0 table=compose/SETTINGS.md name default told
  while IFS=: read -r name default; do
    told=$(sed -nE "s/^\\| \`$name\` \\| ([^|]+) \\|.*/\\1/p" "$table")
    told=${told//\`/}
    if [[ ${told#none} != "${default#-}" ]]; then
      echo "$table: the default of $name is '${default#-}', not '$told'"
      bad=1
    fi
  done < <(sed -nE 's/.*\$\{(MARQUEE_\w+):(-[^}]*)\}.*/\1:\2/p' compose/compose.yaml | sort -u)
  # shellcheck disable=SC2016 # sed's
  if ! diff <(grep -ohE '\$\{MARQUEE_\w+' compose/*.yaml | cut -c3- | sort -u) \
    <(sed -nE 's/^\| `(MARQUEE_\w+)`.*/\1/p' "$table" | sort -u); then
    echo "$table: < is missing, > is no setting of the stack"
    bad=1
  fi
  return "$bad"
}

status=0
includes | check_includes || status=1
check_lengths || status=1
check_readmes || status=1
check_metrics || status=1
check_settings || status=1
exit "$status"
