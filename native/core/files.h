// Reading and writing ranges of files, with the errno translated into a code and a sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lethe {

// Fills `data` with `size` bytes at `offset`. Plain reads rather than a memory map: a file that shrinks meanwhile
// is an error here, and would be a SIGBUS there.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  void Read(void* data, size_t size, int64_t offset) const;

 private:
  std::string path_;
  int fd_;
};

// Appends all `size` bytes to the open descriptor.
void WriteAll(int fd, const void* data, size_t size);

}  // namespace lethe
