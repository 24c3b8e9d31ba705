# What the page is made of: ImGui's sources (viewer/web/fetch_imgui), and headers of Debian's packages. Not all of
# /usr/include, whose C library is not Emscripten's.
set(MARQUEE_IMGUI ${PROJECT_SOURCE_DIR}/build/imgui CACHE PATH "ImGui's sources")
if(NOT EXISTS ${MARQUEE_IMGUI}/imgui.h)
  message(FATAL_ERROR "no sources of ImGui in ${MARQUEE_IMGUI}: run viewer/web/fetch_imgui build")
endif()
set(headers ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${headers})
foreach(name flatbuffers fmt stb xxhash.h xxh3.h)
  file(CREATE_LINK /usr/include/${name} ${headers}/${name} SYMBOLIC)
endforeach()

# header_library(NAME TARGET [DEFINITIONS...]): TARGET, as Debian's packages name it, of headers alone.
function(header_library NAME TARGET)
  add_library(${NAME} INTERFACE)
  target_include_directories(${NAME} SYSTEM INTERFACE ${headers} ${headers}/stb)
  target_compile_definitions(${NAME} INTERFACE ${ARGN})
  add_library(${TARGET} ALIAS ${NAME})
endfunction()
header_library(web_flatbuffers flatbuffers::flatbuffers)
header_library(web_fmt fmt::fmt FMT_HEADER_ONLY)
header_library(web_xxhash PkgConfig::XXHASH)
header_library(web_stb PkgConfig::STB)
header_library(web_gl OpenGL::GL)

add_library(web_imgui STATIC
  ${MARQUEE_IMGUI}/imgui.cpp
  ${MARQUEE_IMGUI}/imgui_draw.cpp
  ${MARQUEE_IMGUI}/imgui_tables.cpp
  ${MARQUEE_IMGUI}/imgui_widgets.cpp
  ${MARQUEE_IMGUI}/backends/imgui_impl_opengl3.cpp)
target_include_directories(web_imgui SYSTEM PUBLIC ${MARQUEE_IMGUI})
target_compile_definitions(web_imgui PUBLIC IMGUI_DISABLE_DEMO_WINDOWS)
add_library(PkgConfig::IMGUI ALIAS web_imgui)
