package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.KernelTracer.Step;
import dev.lockstep.device.KernelTracer.Value;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TraceTextTests {
  /** Pairs and numbers of eight bits are no elements of buffers, but registers all the same. */
  @ParameterizedTest
  @EnumSource(ScalarType.class)
  void showsRegistersOfEveryTypeAndForEveryTypeOfAnInstruction(ScalarType type) {
    for (ScalarType declared : List.of(type, ScalarType.B16, ScalarType.B32, ScalarType.B64)) {
      assertThat(line(declared, type, 0)).matches("d = -?0(\\.0)?(x0+)?");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "B16, E4M3X2, 0x2d55",
    "E4M3X2, B16, 0x2d55",
    "B32, S16X2, 0x00002d55",
    "S32, U16X2, 11605",
    "B64, F32X2, 0x0000000000002d55",
    "B32, F32, 1.6262E-41"
  })
  void showsWhatTheInstructionMeans(ScalarType declared, ScalarType meant, String text) {
    assertThat(line(declared, meant, 0x2d55)).isEqualTo("d = " + text);
  }

  private static String line(ScalarType declared, ScalarType meant, long bits) {
    Instruction in =
        new Instruction(null, "mov", List.of(meant.spelling()), List.of(), 1, "mov", null);
    Value value =
        new Value(
            new Register(0, "d", declared, 0), true, Collections.nCopies(32, bits), List.of());
    return TraceText.lines(new Step(in, "", 1, List.of(value))).getLast().strip();
  }
}
