package dev.lockstep.ptx;

import static dev.lockstep.ptx.Snippets.HEADER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the parser says of text that is no PTX, and where. */
class PtxMistakesTests {
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
        "bra.uni ;                   | 5 | 9  | bra takes one label, not 0",
        "L: bra L, L;                | 5 | 12 | bra takes one label, not 2",
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
        ".reg .f32 %f; ld.u32 %r1, [%f]; | 5 | 30 | %f, a .f32 register, holds no address",
        ".reg .b32 _;                | 5 | 11 | _ is no name",
        ".reg .b32 a.b;              | 5 | 11 | a.b is no name",
        ".reg .b32 $;                | 5 | 11 | $ is no name",
        ".reg .b32 WARP_SZ;          | 5 | 11 | WARP_SZ is no name",
        "mov.u32 %r1, %tid .q;       | 5 | 14 | undeclared register %tid",
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
        ".version 8.0                      | expected .target, found 'end of file'",
        ".version 8.0 .entry k() {}        | expected .target, found '.entry'",
        ".version 8.0 .version 8.0         | expected .target, found '.version'",
        ".target sm_80 .version 8.0        | expected .version, found '.target'",
        ".version 8.0 .target sm_80, foo   | expected a target, found 'foo'",
        ".version 8.0 .target sm_80 .address_size 32 | address size must be 64, found 32",
        ".version 8.0 .target sm_80, map_f64_to_f32 | is for targets before sm_13, not for sm_80",
        ".version 1.4 .target sm_10, map_f64_to_f32 .entry k() { .reg .f64 %d; neg.f64 %d, %d; }"
            + " | neg.f64 is beyond the simulator (map_f64_to_f32",
        ".target sm_90                     | .target stands once, where the file opens",
        ".version 8.0 .target sm_80 .entry k() {} .version 8.0 | .version stands once, where the"
            + " file opens",
        ".entry k() {                      | expected a statement",
        ".entry _() {}                     | _ is no name",
        ".entry a.b() {}                   | a.b is no name",
        ".global .b32 a.b;                 | a.b is no name",
        ".entry k() { _: ret; }            | _ is no name",
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

  @Test
  void showsOnlyEndsOfALongWord() {
    assertThatThrownBy(() -> PtxParser.parse("x".repeat(100_000)))
        .isInstanceOf(PtxSyntaxException.class)
        .hasMessageMatching("PTX line 1, column 1: .*, found 'xxx.*")
        .hasMessageEndingWith("xxx'")
        .message()
        .hasSizeLessThan(500);
  }

  @Test
  void showsBytesThatNobodySeesByTheirNumbers() {
    assertThatThrownBy(() -> PtxParser.parse("\u007fELF\u0002\u0001"))
        .hasMessageEndingWith("found '\\u007f'");
    assertThatThrownBy(() -> PtxParser.parse("\ufeff" + HEADER))
        .hasMessageEndingWith("found '\\ufeff'");
  }
}
