package dev.lockstep.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PtxParserTests {
  private static final String HEADER = ".version 8.0\n.target sm_80\n.address_size 64\n";

  @Test
  void declarationsAreTheSameWithoutReadingBodies() {
    String text =
        HEADER
            + """
            .global .align 4 .b8 table[8] = {1, 2, 3, 4, 5, 6, 7, 8};
            .func (.param .b32 r) twice(.param .b32 x) { { ret; } }
            .entry one(.param .u64 p, .param .u32 n) .maxntid 256, 1, 1 { // } in a comment
              /* and { here */ { .reg .b32 %r<2>; mov.u32 %r1, 1; } ret;
            }
            .entry two() { ret; }
            .section .debug_str { .b8 0 }
            """;
    PtxModule whole = PtxParser.parse(text);
    PtxModule declared = PtxParser.declarations(text);
    assertThat(declared.variables()).isEqualTo(whole.variables());
    assertThat(declared.kernels())
        .usingRecursiveComparison()
        .ignoringFields("body")
        .isEqualTo(whole.kernels());
    assertThat(declared.functions()).extracting(PtxFunction::name).containsExactly("twice");
    assertThat(whole.kernels().getFirst().body().instructions()).isNotEmpty();
    assertThat(declared.kernels().getFirst().body().instructions()).isEmpty();
    assertThat(PtxParser.declarations(HEADER + ".entry k() { no PTX at all }").kernels())
        .hasSize(1);
    assertThatThrownBy(() -> PtxParser.declarations(HEADER + ".entry k() { ret;"))
        .hasMessageContaining("expected '}', found the end of the file");
  }

  /** As in the headers of CUDA's half types. */
  @Test
  void directivesNeedNoSpaceBetweenThem() {
    PtxModule module =
        PtxParser.parse(
            ".version 8.0\n.target sm_80\n.entry k(.param.u64 p) { .reg.b16 %h; .reg.v2.b32 %v;"
                + " mov.b16 %h, 1; ret; }");
    assertThat(module.kernels().get(0).parameterBytes()).isEqualTo(8);
  }

  @Test
  void readsWhatNvccWritesAroundKernels() {
    PtxModule module =
        PtxParser.parse(
            """
            // comment
            .version 9.0 /* another
            one */
            .target sm_80, debug
            .address_size 64
            .extern .func  (.param .b32 func_retval0) vprintf
            (
            	.param .b64 vprintf_param_0
            )
            ;
            .func helper(.param .b32 x) { { ret; } }
            .extern .shared .align 16 .b8 dynamic[];
            .global .align 1 .b8 $str[7] = {104, 105, 32, 37, 100, 10};
            .const .align 8 .f32 table[2][2] = {{0f3F800000, -2.5}, {0f00000001, 0f00000000}};
            .visible .entry k(
            	.param .u32 k_param_0,
            	.param .u64 .ptr .global .align 16 k_param_1,
            	.param .align 8 .b8 k_param_2[20]
            )
            .maxntid 128, 2, 1
            .minnctapersm 2
            {
            	ret;
            }
            	.file	1 "/some/where/k.cu", 1700000000, 99
            	.section	.debug_str
            	{
            $L__info_string0:
            .b8 95,90
            	}
            """);

    assertThat(module.version()).isEqualTo("9.0");
    assertThat(module.target()).isEqualTo("sm_80");
    assertThat(module.files()).containsEntry(1, "/some/where/k.cu");
    PtxKernel kernel = module.kernels().get(0);
    assertThat(kernel.maxThreads()).isEqualTo(256);
    assertThat(kernel.parameterBytes()).isEqualTo(36);
    assertThat(kernel.parameters())
        .containsExactly(
            new Parameter("k_param_0", ScalarType.U32, 0, 4),
            new Parameter("k_param_1", ScalarType.U64, 8, 8),
            new Parameter("k_param_2", ScalarType.B8, 16, 20));
    assertThat(module.variables().get(0).external()).isTrue();
    assertThat(module.variables().get(0).bytes()).isZero();
    assertThat(module.variables().get(1).initial()).startsWith((byte) 104, (byte) 105).hasSize(6);
    assertThat(module.variables().get(2).bytes()).isEqualTo(16);
    assertThat(module.variables().get(2).initial())
        .isEqualTo(bytes(0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 1, 0, 0, 0, 0, 0, 0, 0));
  }

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

  /** Two kernels may have each its own of one name. */
  @Test
  void givesVariablesOfBodiesInGlobalMemoryToTheModule() {
    PtxModule module =
        PtxParser.parse(
            HEADER
                + ".entry k() { .global .b32 x = 1; .shared .b32 y; }"
                + ".func f() { { .const .b64 x = x; } }"
                + ".global .b32 x;");

    assertThat(module.variables()).extracting(Variable::name).containsExactly("x@k", "x@1@f", "x");
    assertThat(module.kernels().get(0).variables()).extracting(Variable::name).containsExactly("y");
    assertThat(module.variables().get(1).references().get(0).symbol()).isEqualTo("x");
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "4*3+(1<<4)               # 28",
        "-7 / 2                   # -3",
        "-7 % 2                   # -1",
        "0xffffffffffffffff / 2   # 9223372036854775807",
        "(.s64) 0xffffffffffffffff / 2 # 0",
        "-1 >> 1                  # -1",
        "(.u64) -1 >> 63          # 1",
        "1 << 64                  # 0",
        "1 < 2 ? WARP_SZ : 5      # 32",
        "-1 < 1U                  # 0",
        "~0 & 0xf0 | 3 ^ 1        # 242",
        "!(2 == 2) || 3 != 3      # 0",
        "1 && 2 >= 2              # 1",
        "1 - 2 - 3                # -4",
        "2 + 3 * 4 % 5            # 4",
        "(.s64) 2.75 + 1          # 3",
        "1.5 > 1                  # 1"
      })
  void computesConstantExpressions(String text, long value) {
    assertThat(literal(text)).isEqualTo(new Operand.IntLiteral(value));
  }

  @Test
  void readsFunctions() {
    PtxModule module =
        PtxParser.parse(
            HEADER
                + """
                .extern .func (.param .b32 r) vprintf(.param .b64 f, .param .b64 a);
                .func later(.param .b32 x);
                .visible .func (.reg .b32 r, .param .align 8 .b8 s[12]) f(.reg .pred p, .param .f64 x)
                .noreturn
                {
                  .reg .b64 %fp;
                  .param .b32 a;
                  { .param .align 4 .b8 a[8]; st.param.b32 [a+4], r; }
                  proto: .callprototype (.param .b32 _) _ (.param .b64 _, .reg .u16 _) ;
                  some: .calltargets later;
                  call (a), %fp, (%fp, 5), proto;
                  call %fp, (a), some;
                  call other, (a);
                  ret.uni;
                }
                .func later(.param .b32 x) { ret; }
                .alias other, later;
                """);
    assertThat(module.declared()).containsOnlyKeys("vprintf");
    assertThat(module.functions()).extracting(PtxFunction::name).containsExactly("f", "later");
    assertThat(module.function("other")).isSameAs(module.function("later"));
    PtxFunction f = module.functions().get(0);
    assertThat(f.prototype().results())
        .containsExactly(
            new Prototype.Formal("r", ScalarType.B32, 4, 4, 0),
            new Prototype.Formal("s", ScalarType.B8, 8, 12, -1));
    assertThat(f.prototype().parameters())
        .containsExactly(
            new Prototype.Formal("p", ScalarType.PRED, 1, 0, 1),
            new Prototype.Formal("x", ScalarType.F64, 8, 8, -1));
    assertThat(f.body().prototypes())
        .hasEntrySatisfying("proto", proto -> assertThat(proto.parameters()).hasSize(2));
    assertThat(f.body().callTargets()).containsEntry("some", List.of("later"));
    // The inner a is another variable than the outer one.
    assertThat(f.variables()).extracting(Variable::bytes).containsExactly(4L, 8L);
    String inner = f.variables().get(1).name();
    assertThat(inner).isNotEqualTo("a");
    assertThat(f.instructions().get(0).operands().get(0))
        .isEqualTo(new Operand.Address(new Operand.Symbol(inner, 0), 4));
  }

  @Test
  void readsBranchTargets() {
    PtxKernel kernel =
        kernel(".reg .b32 %r; T: .branchtargets A, B, A; { brx.idx.uni %r, T; A: } A: B: ret;");
    assertThat(((Operand.Vector) kernel.instructions().get(0).operands().get(1)).elements())
        .hasSize(3);
  }

  @Test
  void readsVariablesThatHoldAddresses() {
    PtxModule module =
        PtxParser.parse(
            HEADER
                + """
                .func f() { ret; }
                .const[2] .align 4 .v2 .b32 pairs[] = {{1, 2}, {3, 4}};
                .visible .global .attribute(.managed) .align 8 .u64 table[3] =
                  {f, generic(pairs)+2*4, 7};
                .global .u8 bytes[2] = {0xff(pairs), 0xff00(pairs)};
                .tex .u32 old; .global .texref texture;
                @@DWARF .byte 1, 2, 'x"
                """);
    assertThat(module.variables().get(0).bytes()).isEqualTo(16);
    assertThat(module.variables().get(1).references())
        .containsExactly(
            new Variable.Reference(0, 8, "f", 0, false, -1),
            new Variable.Reference(8, 8, "pairs", 8, true, -1));
    assertThat(module.variables().get(2).references())
        .extracting(r -> r.value(0x1234))
        .containsExactly(0x34L, 0x12L);
  }

  /** Lines are counted as they stand in the text, whatever a preprocessor says of them. */
  @Test
  void linesOfAPreprocessorAreLeftOut() {
    List<Instruction> all =
        instructions(
            ".reg .u32 r;\n# 7 \"a b.ptx\" 1 3\n mov.u32 r,\n #line 12 \"c.ptx\"\r\n 4; ret;");
    assertThat(all).hasSize(2);
    assertThat(all.get(1).line() - all.get(0).line()).isEqualTo(2);
    for (String wrong : new String[] {"#define X 1", "# 3", "#line 3", "#pragma once"}) {
      assertThatThrownBy(() -> instructions(wrong + "\n ret;"))
          .isInstanceOf(PtxSyntaxException.class)
          .hasMessageContaining("found '#'");
    }
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

  @Test
  void knowsTheSourceLineThroughInlining() {
    PtxModule module =
        PtxParser.parse(
            HEADER
                + """
                .entry k() {
                  .loc 1 40 3
                  membar.cta;
                  .loc 2 12 9, function_name $L__info_string0, inlined_at 1 40 3
                  membar.cta;
                  .loc 3 7 1, function_name $L__info_string1+4, inlined_at 2 12 9
                  membar.cta;
                  .loc 1 0 1
                  membar.cta;
                }
                .file 1 "/a/b/norm.cu"
                .file 2 "warp.cuh"
                .file 3 "c/half.hpp"
                """);
    assertThat(module.kernels().get(0).instructions())
        .extracting(in -> module.describe(in.location()))
        .containsExactly(
            "norm.cu:40",
            "warp.cuh:12 inlined at norm.cu:40",
            "half.hpp:7 inlined at warp.cuh:12 inlined at norm.cu:40",
            // The compiler's own code, of which it knows no line.
            "half.hpp:7 inlined at warp.cuh:12 inlined at norm.cu:40");
    assertThat(module.describe(null)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "mov.u32 %r1, %r9;           | 5 | 14 | undeclared register %r9",
        "mov.u32 %nope, 1;           | 5 | 9  | undeclared register %nope",
        "mov.u32 %r1, 1              | 6 | 1  | expected ';', found '}'",
        "mov.u32 %r1, ;              | 5 | 14 | expected an operand, found ';'",
        "ld.u32 %r1, [%rd1;          | 5 | 18 | expected ']', found ';'",
        "@%r1 ret;                   | 5 | 2  | expected a predicate register",
        "mov.u32 %r1, 12Q4;          | 5 | 14 | not a number: 12Q4",
        "bra NOWHERE;                | 5 | 1  | no label NOWHERE in reach",
        ".bogus 1;                   | 5 | 1  | unknown directive .bogus in a kernel body",
        ".reg .f99 %f;               | 5 | 6  | expected a type, found '.f99'",
        ".shared .align 3 .b8 x[4];  | 5 | 16 | alignment must be a power of two",
        "mov.u32 %r1, nobody;        | 5 | 14 | undeclared name nobody",
        "mov.u32 %r04, 1;            | 5 | 9  | undeclared register %r04",
        "mov.u32 %r99999999999, 1;   | 5 | 9  | undeclared register %r99999999999",
        "mov.u32 %r1, 1/0;           | 5 | 17 | division by zero",
        "mov.u32 %r1, 1 ? 2;         | 5 | 19 | expected ':', found ';'",
        ".reg .b32 %r1;              | 5 | 14 | %r1 is declared twice in one scope",
        "ld.u32 %r1, later[1];       | 5 | 18 | an index behind what is no array declared so far",
        "add.u64 %rd1, %rd1, k[1];   | 5 | 22 | an element of an array where add takes none",
        ".reg .f32 %f; .local .b32 a[9]; ld.u32 %r1, a[%f]; | 5 | 47 | index %f is a .f32 register",
        ".shared .u32 s = 5;         | 5 | 16 | .shared memory has no initial values",
        ".local .u32 l[2] = {1, 2};  | 5 | 18 | .local memory has no initial values",
        ".local .b8 x[1<<41];        | 5 | 19 | an array of 2199023255552 elements",
        ".reg .b32 %q<4000000000>;   | 5 | 14 | 4000000000 must be from 0 to 1073741824",
        "$ = 1;                      | 5 | 3  | expected an operand, found '='",
        "mov.u32 %r1+1, 2;           | 5 | 12 | expected ';', found '+'",
        ".reg .f32 %f; mov.f32 %f, %f+1; | 5 | 29 | a constant cannot be added to %f, a .f32"
            + " register",
        ".reg .pred %p; mov.pred %p, %p+1; | 5 | 31 | a constant cannot be added to %p, a .pred"
            + " register",
        "mov.v2.u32 {%r1, %r2}, {%r1+1, %r2}; | 5 | 28 | expected '}', found '+'",
        ".reg .v2 .b32 %v<2>; mov.u32 %r1, %v1.z; | 5 | 35 | undeclared register %v1.z",
        ".reg .v2 .b32 %v<2>; mov.u32 %r1, %v2.x; | 5 | 35 | undeclared register %v2.x",
        ".shared .b32 x[];           | 5 | 17 | x has no size: only an extern array needs none",
        ".local .b32 x[0];           | 5 | 17 | x has no size: only an extern array needs none",
        ".local .b32 x[4][];         | 5 | 18 | only the first extent of an array may be left out"
      })
  void saysWhereTheMistakeIs(String line, int atLine, int column, String message) {
    String body = ".reg .b32 %r<4>; .reg .b64 %rd<4>;\n" + line + "\n}";
    assertThatThrownBy(() -> PtxParser.parse(HEADER + ".entry k() { " + body))
        .isInstanceOfSatisfying(
            PtxSyntaxException.class,
            e -> {
              assertThat(e).hasMessageEndingWith(message);
              assertThat(e.line()).isEqualTo(atLine);
              assertThat(e.column()).isEqualTo(column);
            });
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        ".version int main() {}            | expected a version",
        ".version 8.0                      | no .version or no .target",
        ".address_size 32                  | address size must be 64, found 32",
        ".target sm_80 .entry k() {        | expected a statement",
        ".section x { { }                  | expected '}', found the end",
        ".file 1 name                      | expected a file name",
        "/* never closed                   | comment without an end",
        ".entry k() {} .entry k() {}       | k is defined twice",
        ".entry k() .maxfoo 3 {}           | unknown directive .maxfoo of a kernel",
        ".entry k() .maxntid 8, 0 {}       | an extent of 0",
        ".entry k() .maxntid 8 .reqntid 8 {} | a kernel has one .maxntid or .reqntid",
        ".entry k(.param .b8 x[40000]) {}  | more than 32764 bytes of parameters",
        ".global .u64 x = {nobody};        | undeclared name nobody",
        ".global .f32 x = 1;               | an integer in .f32",
        ".global .u32 x[2] = {1, 2, 3};    | more initial values than x has room for",
        ".func (.param .b32 r) {}          | expected a function name",
        ".entry k(.reg .b32 x) {}          | expected .param",
        ".entry k(.param .b32 x[]) {}      | parameter x of a kernel has no size",
        ".func f(.param .b8 x[], .param .b32 y) {} | only the last parameter may be an array",
        ".global .b32 x[];                 | x has no size: only an extern array needs none",
        ".const .b32 x[] = {};             | x has no size: only an extern array needs none",
        ".shared .b32 x[4][0];             | x has no size: only an extern array needs none"
      })
  void refusesWhatIsNoModule(String text, String message) {
    assertThatThrownBy(() -> PtxParser.parse(text.contains("version") ? text : HEADER + text))
        .isInstanceOf(PtxSyntaxException.class)
        .hasMessageContaining(message);
  }

  private static List<Byte> bytes(int... values) {
    return Arrays.stream(values).mapToObj(v -> (byte) v).toList();
  }

  private static Operand literal(String text) {
    return instructions(".reg .b64 %d; mov.b64 %d, " + text + ";").get(0).operands().get(1);
  }

  private static List<Instruction> instructions(String body) {
    return kernel("\n\n" + body).instructions();
  }

  private static PtxKernel kernel(String body) {
    return PtxParser.parse(HEADER + ".entry k() {" + body + "}").kernels().get(0);
  }
}
