package dev.lockstep.simulator.jit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.Slot;
import java.lang.classfile.CodeBuilder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which pieces of kernels are one piece of code. */
class LaneCodesTests {
  private static final Form ADD = new Form("fff", Form.Nan.ANY, true, CodeBuilder::fadd);
  private static final Form MOVE = new Form("ff", Form.Nan.COPY, false, c -> {});

  private final LaneCodes codes = new LaneCodes();

  @Test
  void thoseThatDifferInRegistersAloneAreOne() {
    LaneClass one = lanes(sum(2, 0, 1));
    LaneClass other = lanes(sum(7, 5, 9));
    assertThat(one.registers()).containsExactly(f(0), f(1), f(2));
    assertThat(other.registers()).containsExactly(f(5), f(9), f(7));
    assertThat(codes.of(other)).isSameAs(codes.of(one));
  }

  @Test
  void whichRegistersAreTheSameMatters() {
    LaneCode apart = codes.of(lanes(sum(2, 0, 1)));
    assertThat(codes.of(lanes(sum(0, 0, 1)))).isNotSameAs(apart);
    assertThat(codes.of(lanes(sum(2, 0, 0)))).isNotSameAs(apart);
    assertThat(codes.of(lanes(sum(1, 0, 1)))).isNotSameAs(codes.of(lanes(sum(0, 0, 1))));
  }

  @Test
  void whichLanesAreReadMatters() {
    LaneCode mirrored = codes.of(lanes(from(lane -> 31 - lane / 2)));
    assertThat(codes.of(lanes(from(lane -> 31 - lane / 2)))).isSameAs(mirrored);
    assertThat(codes.of(lanes(from(lane -> 30 - lane / 2)))).isNotSameAs(mirrored);
  }

  @Test
  void whatMayBeFoundInARegisterMatters() {
    Part.Run copy = run(new Scalar(MOVE, f(1), List.of(f(0)), null, false));
    LaneCode exact = codes.of(LaneClass.of(copy, new HashSet<>()));
    LaneCode any = codes.of(LaneClass.of(copy, new HashSet<>(Set.of(f(0)))));
    assertThat(any).isNotSameAs(exact);
  }

  private static LaneClass lanes(Scalar scalar) {
    return LaneClass.of(run(scalar), new HashSet<>());
  }

  private static Part.Run run(Scalar scalar) {
    Set<Place> wanted = Set.of(scalar.target());
    return new Part.Run(List.of(scalar), wanted, wanted);
  }

  private static Scalar sum(int d, int a, int b) {
    return new Scalar(ADD, f(d), List.of(f(a), f(b)), null, false);
  }

  private static Scalar from(IntUnaryOperator lane) {
    List<Integer> lanes = IntStream.range(0, 32).map(lane).boxed().toList();
    return new Scalar(MOVE, f(1), List.of(new Source.Elsewhere(f(0), lanes)), null, false);
  }

  private static Place f(int index) {
    return new Place(Slot.FLOATS, index, false);
  }
}
