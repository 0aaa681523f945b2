#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "error.h"

namespace lethe {
namespace {

// Linux transfers at most this much in one call; asking for less keeps the loop the same everywhere.
constexpr size_t kMaxTransfer = size_t{1} << 30;

[[noreturn]] void ThrowErrno(const std::string& doing, const char* code) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT;
  throw Error(full ? "ERR_DISK_FULL" : code, doing + ": " + (full ? "the disk is full" : std::strerror(error)) + ".");
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ < 0) ThrowErrno("Could not open " + path, "ERR_FILE_READ");
}

InputFile::~InputFile() { ::close(fd_); }

void InputFile::Read(void* data, size_t size, int64_t offset) const {
  auto* out = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(fd_, out, std::min(size, kMaxTransfer), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) ThrowErrno("Could not read " + path_, "ERR_FILE_READ");
    if (got == 0) {
      throw Error("ERR_MODEL_FORMAT", "Expected " + std::to_string(size) + " more bytes in " + path_ +
                                          " but it ends at byte " + std::to_string(offset) + ".");
    }
    out += got;
    offset += got;
    size -= static_cast<size_t>(got);
  }
}

void WriteAll(int fd, const void* data, size_t size) {
  const auto* in = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(fd, in, std::min(size, kMaxTransfer));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) ThrowErrno("Could not write tensors", "ERR_FILE_WRITE");
    in += put;
    size -= static_cast<size_t>(put);
  }
}

}  // namespace lethe
