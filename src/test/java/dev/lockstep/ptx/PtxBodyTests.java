package dev.lockstep.ptx;

import static dev.lockstep.ptx.Snippets.HEADER;
import static dev.lockstep.ptx.Snippets.instructions;
import static dev.lockstep.ptx.Snippets.kernel;
import static dev.lockstep.ptx.Snippets.literal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the parser makes of bodies: instructions, operands, registers, labels, lines. */
class PtxBodyTests {
  @Test
  void splitsAnInstructionIntoItsParts() {
    Instruction in =
        instructions(
                ".reg .pred %p<3>; .reg .f32 %f<9>; .reg .b64 %rd<2>;"
                    + "@!%p1 ld.global.nc.v2.f32 \t{%f1,\n %f2}, [%rd1+-8];")
            .get(0);

    assertThat(in.opcode()).isEqualTo("ld");
    assertThat(in.modifiers()).containsExactly("global", "nc", "v2", "f32");
    assertThat(in.guard())
        .isNotNull()
        .satisfies(
            guard -> {
              assertThat(guard.negated()).isTrue();
              assertThat(guard.predicate().name()).isEqualTo("%p1");
            });
    assertThat(in.operands().get(0)).isInstanceOf(Operand.Vector.class);
    assertThat(in.operands().get(1))
        .isInstanceOfSatisfying(Operand.Address.class, a -> assertThat(a.offset()).isEqualTo(-8));
    assertThat(in.text()).isEqualTo("@!%p1 ld.global.nc.v2.f32 {%f1, %f2}, [%rd1+-8];");
    assertThat(in.line()).isEqualTo(6);
  }

  @Test
  void letsBlanksStandBeforeModifiers() {
    Instruction in = instructions(".reg .u32 %r; .reg .u64 %d; ld .param\n.u32 %r, [%d];").get(0);

    assertThat(in.modifiers()).containsExactly("param", "u32");
    assertThat(in.text()).isEqualTo("ld .param .u32 %r, [%d];");
  }

  @ParameterizedTest
  @CsvSource({
    "42, 42",
    "0x1F, 31",
    "0xffffffffffffffff, -1",
    "017, 15",
    "0b101, 5",
    "7U, 7",
    "-3, -3",
    "18446744073709551615, -1"
  })
  void readsIntegers(String text, long value) {
    assertThat(literal(text)).isEqualTo(new Operand.IntLiteral(value));
  }

  @ParameterizedTest
  @CsvSource({
    "0f3F800000, 1.0, true", "0F80000000, -0.0, true", "0dC000000000000000, -2.0, false",
    "1.5e3, 1500.0, false", "2.5E-1, 0.25, false", "-0f3F800000, -1.0, true",
    ".5, 0.5, false", "-.25e1, -2.5, false"
  })
  void readsFloats(String text, double value, boolean single) {
    assertThat(literal(text))
        .isInstanceOfSatisfying(
            Operand.FloatLiteral.class,
            f -> {
              assertThat(f.value()).isEqualTo(value);
              assertThat(f.single()).isEqualTo(single);
            });
  }

  @Test
  void keepsTheBitsOfANan() {
    assertThat(literal("0f7FC00001"))
        .isInstanceOfSatisfying(
            Operand.FloatLiteral.class, f -> assertThat(f.bits()).isEqualTo(0x7fc00001L));
  }

  @Test
  void readsBranchTargets() {
    PtxKernel kernel =
        kernel(".reg .b32 %r; T: .branchtargets A, B, A; { brx.idx.uni %r, T; A: } A: B: ret;");
    assertThat(((Operand.Vector) kernel.instructions().get(0).operands().get(1)).elements())
        .hasSize(3);
  }

  @Test
  void vectorRegistersAreTheirElements() {
    List<Instruction> all =
        instructions(
            ".reg .v4 .f32 v; .reg .f32 f; ld.v4.f32 v, [8]; mov.f32 f, v.g; mov.v4.u32 v, %tid;");
    assertThat(all.get(0).operands().get(0)).isInstanceOf(Operand.Vector.class);
    assertThat(all.get(1).operands().get(1))
        .isEqualTo(((Operand.Vector) all.get(0).operands().get(0)).elements().get(1));
    assertThat(all.get(2).operands().get(1)).isEqualTo(new Operand.Special("%tid"));
  }

  /** White space may stand before the element of a vector, nowhere within it. */
  @Test
  void elementsMayStandApart() {
    List<Instruction> all =
        instructions(".reg .v2 .f32 v; .reg .f32 f; mov.f32 v .x, v\n  .g; mov.u32 f, %ntid .y;");
    assertThat(all.get(0).operands()).hasToString("[Reg[register=v.x], Reg[register=v.y]]");
    assertThat(all.get(1).operands().get(1)).isEqualTo(new Operand.Special("%ntid.y"));
    assertThatThrownBy(() -> instructions(".reg .b32 r; mov.u32 r, %tid. x;"))
        .isInstanceOf(PtxSyntaxException.class);
  }

  /** The sum comes first, under the same guard, and has a register of its own. */
  @Test
  void aSumIsAnInstructionOfItsOwn() {
    List<Instruction> all =
        instructions(".reg .pred %p; .reg .u16 %h; .reg .b64 %rd; @!%p st.u16 [%rd+4], %h+2;");
    assertThat(all).extracting(Instruction::fullOpcode).containsExactly("add.s16", "st.u16");
    assertThat(all.get(0).guard()).isEqualTo(all.get(1).guard()).isNotNull();
    assertThat(all.get(0).text()).isEqualTo(all.get(1).text());
    assertThat(all.get(0).operands().get(2)).isEqualTo(new Operand.IntLiteral(2));
    assertThat(all.get(1).operands().get(1)).isEqualTo(all.get(0).operands().get(0));
    assertThat(((Operand.Reg) all.get(1).operands().get(1)).register().name()).isEqualTo("%h+2");
  }

  @Test
  void readsEveryKindOfOperand() {
    List<Operand> operands =
        instructions(
                ".reg .pred %p, %q; .reg .b32 %r<4>; .shared .b8 s[8];call %r1|%p, {0, %r2}, !%q,"
                    + " %tid.x, s+4, [s+4], (%r3), _, [16], [s, {%r1, %r2}];")
            .get(0)
            .operands();
    assertThat(operands)
        .extracting(o -> o.getClass().getSimpleName())
        .containsExactly(
            "Pair",
            "Vector",
            "Not",
            "Special",
            "Symbol",
            "Address",
            "Arguments",
            "Sink",
            "Address",
            "Indexed");
    assertThat(operands.get(4)).isEqualTo(new Operand.Symbol("s", 4));
    assertThat(operands.get(5)).isEqualTo(new Operand.Address(new Operand.Symbol("s", 0), 4));
  }

  /** PTX ISA 4.4: any identifier may begin with a percent sign, not only those of registers. */
  @Test
  void variablesMayBeNamedAsRegistersAre() {
    String body = ".reg .b32 %r; ld.global.u32 %r, [%z+4]; mov.u32 %r, %tid.x;";
    List<Instruction> instructions =
        PtxParser.parse(HEADER + ".global .u32 %z[2]; .entry k() {" + body + "}")
            .kernels()
            .getFirst()
            .instructions();
    assertThat(instructions.get(0).operands().get(1))
        .isEqualTo(new Operand.Address(new Operand.Symbol("%z", 0), 4));
    assertThat(instructions.get(1).operands().get(1)).isInstanceOf(Operand.Special.class);
  }

  @Test
  void registersOfInnerScopesHideThoseOutside() {
    PtxKernel kernel =
        kernel(
            ".reg .b32 %r<2>; mov.u32 %r1, 1; { .reg .b16 %r<2>; mov.u16 %r1, 2; } mov.u32 %r1,"
                + " 3;");
    assertThat(kernel.instructions())
        .extracting(in -> ((Operand.Reg) in.operands().get(0)).register().type())
        .containsExactly(ScalarType.B32, ScalarType.B16, ScalarType.B32);
    assertThat(kernel.registers()).hasSize(2);
  }

  @Test
  void labelsOfInnerScopesAreTheirOwn() {
    PtxKernel kernel = kernel("bra L; { bra L; L: ret; } { L: bra L; } L: bra M; M:");
    List<String> targets =
        kernel.instructions().stream()
            .filter(in -> in.opcode().equals("bra"))
            .map(in -> ((Operand.Target) in.operands().get(0)).label())
            .toList();
    assertThat(targets.get(0)).isEqualTo("L");
    assertThat(targets.get(1)).isNotEqualTo("L").isNotEqualTo(targets.get(2));
    assertThat(kernel.labels())
        .containsEntry(targets.get(1), new Label(targets.get(1), 2))
        .containsEntry("M", new Label("M", kernel.instructions().size()));
  }
}
