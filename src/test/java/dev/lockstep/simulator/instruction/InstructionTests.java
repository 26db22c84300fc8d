package dev.lockstep.simulator.instruction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.ExecutionTier;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of every file in {@code src/test/resources/ptx}, on the simulator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstructionTests {
  private InstructionRunner runner;
  private InstructionRunner compiling;

  @BeforeAll
  void open() {
    runner = new InstructionRunner("sim");
    compiling = new InstructionRunner("sim", ExecutionTier.COMPILED);
  }

  @AfterAll
  void close() {
    runner.close();
    compiling.close();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("filesWithCases")
  void computesTheStatedBits(InstructionFile file) {
    assertThat(runner.failures(file)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("filesWithCases")
  void computesTheStatedBitsByGeneratedCode(InstructionFile file) {
    assertThat(compiling.failures(file)).isEmpty();
  }

  static List<InstructionFile> filesWithCases() {
    return InstructionFile.all().stream().filter(file -> !file.cases().isEmpty()).toList();
  }
}
