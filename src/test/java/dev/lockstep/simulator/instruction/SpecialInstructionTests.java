package dev.lockstep.simulator.instruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelModule;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Forms that need more than one block, or that must fail. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpecialInstructionTests {
  private InstructionRunner runner;

  @BeforeAll
  void open() {
    runner = new InstructionRunner("sim");
  }

  @AfterAll
  void close() {
    runner.close();
  }

  @Test
  void coordinatesRunThroughBlockAndGrid() {
    Dim3 grid = new Dim3(3, 2, 2);
    Dim3 block = new Dim3(5, 4, 3);
    long[] got;
    try (KernelModule module = runner.load(InstructionFile.named("coordinates"))) {
      got = runner.run(module, grid, block, new long[0], List.of(), 3 * 12 * 60);
    }
    int at = 0;
    for (int blockIndex = 0; blockIndex < 12; blockIndex++) {
      for (int thread = 0; thread < 60; thread++) {
        assertThat(got[at++]).isEqualTo(words(thread % 5, thread / 5 % 4));
        assertThat(got[at++]).isEqualTo(words(thread / 20, blockIndex % 3));
        assertThat(got[at++]).isEqualTo(words(blockIndex / 3 % 2, blockIndex / 6));
      }
    }
  }

  @Test
  void trapStopsTheKernel() {
    try (KernelModule module = runner.load(InstructionFile.named("trap"))) {
      assertThatThrownBy(
              () -> runner.run(module, new Dim3(1), new Dim3(32), new long[1], List.of(), 1))
          .isInstanceOf(DeviceFault.Trap.class);
    }
  }

  private static long words(int low, int high) {
    return (long) high << 32 | low;
  }
}
