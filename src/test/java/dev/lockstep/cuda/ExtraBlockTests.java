package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ExtraBlockTests {
  /** Read as the driver reads it: a list of key, value, key, value, end. */
  @Test
  void isTheListThatCudaDotHDescribes() {
    try (Arena arena = Arena.ofConfined()) {
      ExtraBlock block = new ExtraBlock(arena);
      block.pointTo(arena.allocate(4).address(), 4);
      MemorySegment parameters = arena.allocate(72);
      MemorySegment words =
          MemorySegment.ofAddress(block.pointTo(parameters.address(), 72)).reinterpret(40);

      assertThat(words.get(ValueLayout.JAVA_LONG, 0)).as("BUFFER_POINTER").isEqualTo(1);
      assertThat(words.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(parameters.address());
      assertThat(words.get(ValueLayout.JAVA_LONG, 16)).as("BUFFER_SIZE").isEqualTo(2);
      MemorySegment size = words.get(ValueLayout.ADDRESS, 24).reinterpret(8);
      assertThat(size.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(72);
      assertThat(words.get(ValueLayout.JAVA_LONG, 32)).as("END").isZero();
    }
  }
}
