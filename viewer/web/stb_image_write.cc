// stb's writer of pictures, whose code is a header: elsewhere a library of Debian's holds it.
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>
