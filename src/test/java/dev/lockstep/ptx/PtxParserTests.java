package dev.lockstep.ptx;

import static dev.lockstep.ptx.Snippets.HEADER;
import static dev.lockstep.ptx.Snippets.instructions;
import static dev.lockstep.ptx.Snippets.literal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PtxParserTests {
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
            .func helper(.param .b32 x) .local_maxnreg 32 { { ret; } }
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
            .local_maxnreg 64
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
                  proto: .callprototype (.param .b32 _) _ (.param .b64 _, .reg .u16 _) .noreturn;
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

  private static List<Byte> bytes(int... values) {
    return Arrays.stream(values).mapToObj(v -> (byte) v).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {".func f() {ret;}", ".visible .entry k() {ret;}", ".global .b32 v;", ""})
  void endsDeclarationsOfFunctionsAtTheNextDirective(String next) {
    PtxModule module =
        PtxParser.parse(HEADER + ".visible .func (.param .b32 r) g(.param .b32 x)\n" + next);
    assertThat(module.declared()).containsOnlyKeys("g");
    assertThat(module.functions()).hasSize(next.startsWith(".func") ? 1 : 0);
    PtxModule defined =
        PtxParser.parse(
            HEADER
                + ".func f(.param .b32 x)\n.func f(.param .b32 x) {ret;}\n"
                + next.replace(" f(", " h("));
    assertThat(defined.declared()).isEmpty();
    assertThat(defined.functions().getFirst().prototype().parameters()).hasSize(1);
  }
}
