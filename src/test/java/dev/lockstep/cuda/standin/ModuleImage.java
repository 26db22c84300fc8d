package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import jcuda.driver.CUresult;

/**
 * Finds the PTX in what a module is loaded from: text that ends with a zero, or a fatbin, whose
 * layout fatbinary's output shows.
 *
 * <pre>
 *   file   0  magic 0xba55ed50   4  version (2)    6  bytes of this header (2)   8  bytes after it (8)
 *   entry  0  kind (2): 1 PTX, 2 machine code      4  bytes of this header (4)   8  bytes after it (8)
 *         16  bytes that are used, where compressed (4)
 * </pre>
 */
final class ModuleImage {
  private static final int FATBIN = 0xba55ed50;
  private static final int FATBIN_WRAPPER = 0x466243b1;
  private static final int ELF = 0x464c457f;
  private static final int PTX_ENTRY = 1;

  private ModuleImage() {}

  static String ptx(MemorySegment image) {
    return switch (Host.at(image, 4).get(JAVA_INT_UNALIGNED, 0)) {
      case FATBIN -> inFatbin(image);
      case FATBIN_WRAPPER ->
          inFatbin(MemorySegment.ofAddress(Host.at(image, 16).get(JAVA_LONG_UNALIGNED, 8)));
      case ELF -> throw new DriverError(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU);
      default -> Host.text(image);
    };
  }

  private static String inFatbin(MemorySegment image) {
    MemorySegment header = Host.at(image, 16);
    long at = Short.toUnsignedLong(header.get(JAVA_SHORT_UNALIGNED, 6));
    long end = at + header.get(JAVA_LONG_UNALIGNED, 8);
    MemorySegment all = Host.at(image, end);
    while (at < end) {
      MemorySegment entry = all.asSlice(at);
      long headerBytes = entry.get(JAVA_INT_UNALIGNED, 4);
      long bytes = entry.get(JAVA_LONG_UNALIGNED, 8);
      boolean compressed = entry.get(JAVA_INT_UNALIGNED, 16) != 0;
      if (entry.get(JAVA_SHORT_UNALIGNED, 0) == PTX_ENTRY && !compressed) {
        byte[] text = entry.asSlice(headerBytes, bytes).toArray(JAVA_BYTE);
        int length = text.length;
        while (length > 0 && text[length - 1] == 0) {
          length--;
        }
        return new String(text, 0, length, StandardCharsets.US_ASCII);
      }
      at += headerBytes + bytes;
    }
    throw new DriverError(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU);
  }
}
