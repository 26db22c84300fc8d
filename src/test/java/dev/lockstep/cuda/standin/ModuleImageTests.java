package dev.lockstep.cuda.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class ModuleImageTests {
  private static final String PTX = ".version 7.0\n.target sm_80\n";

  @Test
  void takesThePtxAmongTheMachineCodeOfAFatbin() {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(ModuleImage.ptx(fatbin(arena, false))).isEqualTo(PTX);
      assertThat(
              catchThrowableOfType(DriverError.class, () -> ModuleImage.ptx(fatbin(arena, true))))
          .extracting(e -> e.code)
          .isEqualTo(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU);
    }
  }

  @Test
  void takesTextAsItIsAndNoMachineCode() {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(ModuleImage.ptx(arena.allocateFrom(PTX))).isEqualTo(PTX);
      MemorySegment elf = arena.allocateFrom("\u007fELF machine code");
      assertThat(catchThrowableOfType(DriverError.class, () -> ModuleImage.ptx(elf)))
          .extracting(e -> e.code)
          .isEqualTo(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU);
    }
  }

  /** As fatbinary writes it: machine code of 16 bytes, then PTX, filled up with zeroes. */
  private static MemorySegment fatbin(Arena arena, boolean compressed) {
    int codeHeader = 64;
    int textHeader = 80;
    int textBytes = 40;
    MemorySegment all = arena.allocate(16 + codeHeader + 16 + textHeader + textBytes, 8);
    all.set(ValueLayout.JAVA_INT, 0, 0xba55ed50);
    all.set(ValueLayout.JAVA_SHORT, 4, (short) 1);
    all.set(ValueLayout.JAVA_SHORT, 6, (short) 16);
    all.set(ValueLayout.JAVA_LONG, 8, all.byteSize() - 16);
    MemorySegment code = all.asSlice(16);
    code.set(ValueLayout.JAVA_SHORT, 0, (short) 2);
    code.set(ValueLayout.JAVA_INT, 4, codeHeader);
    code.set(ValueLayout.JAVA_LONG, 8, 16);
    MemorySegment text = code.asSlice(codeHeader + 16);
    text.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
    text.set(ValueLayout.JAVA_INT, 4, textHeader);
    text.set(ValueLayout.JAVA_LONG, 8, textBytes);
    text.set(ValueLayout.JAVA_INT, 16, compressed ? 20 : 0);
    MemorySegment.copy(
        MemorySegment.ofArray(PTX.getBytes(StandardCharsets.US_ASCII)),
        0,
        text,
        textHeader,
        PTX.length());
    return all;
  }
}
