package dev.lockstep.simulator.lowering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.ptx.PtxParser;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The order of blocks: loops in one piece, joins behind what they join. */
class ControlFlowTests {
  /** Every line is one block or several, named by its label. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A branch and its join, laid out out of order.
        "A: @%p bra C; | J: ret; | B: bra J; | C: bra B; | A C B J",
        // The way out of the loop stands inside it.
        "A: membar.cta; bra L; | L: @%p bra X; | B: @%p bra L; bra Y; | X: bra Y; | A L B X Y",
        // A loop in a loop, its exit first.
        "A: bra O; | X: ret; | O: membar.cta; | I: @%p bra I; @%p bra O; bra X; | A O I X",
        // Two ways into one loop.
        "A: @%p bra M; | N: membar.cta; | M: @%p bra N; | X: ret; | A M N X"
      })
  void ordersBlocks(String a, String b, String c, String d, String expected) {
    String[] lines = {a, b, c, d};
    String text =
        ".version 8.0\n.target sm_80\n.entry k() { .reg .pred %p;\n"
            + String.join("\n", lines)
            + "\n Y: ret; }";
    List<Step> steps = Steps.of(PtxParser.parse(text).kernels().get(0));
    List<ControlFlow.Block> blocks = ControlFlow.blocks(steps);
    String order =
        Arrays.stream(ControlFlow.order(blocks))
            .mapToObj(n -> label(text, steps.get(blocks.get(n).from()).instruction().line()))
            .distinct()
            .collect(Collectors.joining(" "));
    assertThat(order).isEqualTo(expected.strip());
  }

  private static String label(String text, int line) {
    return text.split("\n")[line - 1].strip().split(":")[0];
  }
}
