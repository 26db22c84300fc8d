package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.TensorMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading suites. In these tests, JSON is written with single quotes. */
class SuiteTests {
  @TempDir private Path folder;

  private Suite read(String json) {
    try {
      return Suite.read(Files.writeString(folder.resolve("suite.json"), json.replace('\'', '"')));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private SuiteCase one(String keys) {
    return read("{'cases':[{'ptx':'a.ptx','grid':1,'block':1" + keys + "}]}").cases().getFirst();
  }

  private Argument argument(String json) {
    return one(",'args':[" + json + "]").arguments().getFirst().argument();
  }

  @Test
  void readsACase() {
    SuiteCase one =
        read("{'cases':[{'name':'add','ptx':'sub/add.ptx','entry':'add','grid':[1,2,3],"
                + "'block':[4],'sharedBytes':1024,'args':[{'in':'0102'},"
                + "{'out':2,'expect':'0a0b'},{'inout':'0c','expect':'0d'},"
                + "{'type':'s32','value':7},{'bytes':'010203'}]}]}")
            .cases()
            .getFirst();
    assertThat(one.name()).isEqualTo("add");
    assertThat(one.file()).isEqualTo(folder.resolve("sub/add.ptx"));
    assertThat(one.entry()).hasValue("add");
    assertThat(one.grid()).isEqualTo(new Dim3(1, 2, 3));
    assertThat(one.block()).isEqualTo(new Dim3(4));
    assertThat(one.sharedBytes()).isEqualTo(1024);
    assertThat(one.fault()).isEmpty();
    assertThat(one.arguments())
        .extracting(argument -> argument.argument().toString())
        .containsExactly("in:b8[2]", "out:b8[2]", "inout:b8[1]", "s32:7", "bytes:010203");
    assertThat(one.arguments().get(1).expectation().orElseThrow().bytes()).containsExactly(10, 11);
  }

  @Test
  void absolutePathsStay() {
    SuiteCase one = read("[{'ptx':'/k/a.ptx','grid':1,'block':1}]").cases().getFirst();
    assertThat(one.file()).isEqualTo(Path.of("/k/a.ptx"));
    assertThat(one.name()).isEqualTo("case 0");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "u64, 18446744073709551615, ffffffffffffffff",
        "u64, 9007199254740993, 0100000000002000",
        "u64, '18446744073709551615', ffffffffffffffff",
        "s64, -9223372036854775808, 0000000000000080",
        "s32, -1, ffffffff",
        "s32, 7.0, 07000000",
        "s32, 1e3, e8030000",
        "b16, '0x8000', 0080",
        "f32, 0.1, cdcccc3d",
        "f32, 1, 0000803f",
        "f32, 'nan', 0000c07f",
        "f32, NaN, 0000c07f",
        "f32, -Infinity, 000080ff",
        "f64, '-inf', 000000000000f0ff",
        "f32, '0x3f800000', 0000803f",
        "f16, 65504, ff7b",
        "f32, -0.0, 00000080",
        "f64, -0e5, 0000000000000080",
        "f64, -0.0e-400, 0000000000000080",
        "f64, '-0', 0000000000000080",
        "f32, -0.5, 000000bf",
        "s32, -0.0, 00000000",
        "f32, 1.00000005960464478, 0100803f", // by less than a double tells above a tie
        "f64, 4.9e-324, 0100000000000000",
      })
  void valuesAreExact(String type, String value, String hex) {
    Argument argument = argument("{'type':'" + type + "','value':" + value + "}");
    assertThat(((Argument.Value) argument).content().hex()).isEqualTo(hex);
  }

  @Test
  void readsAClusterAndATensorMap() {
    SuiteCase one =
        one(
            ",'cluster':[2,1],'args':[{'inout':'"
                + "00".repeat(64)
                + "','type':'f32','expect':'"
                + "00".repeat(64)
                + "','tensormap':{'dims':[8,2],'box':[4,1],'strides':[32],'swizzle':32}}]");
    assertThat(one.cluster()).hasValue(new Dim3(2));
    assertThat(one.arguments().getFirst().argument())
        .isEqualTo(
            new Argument.Tensor(
                one.arguments().getFirst().argument().memory().orElseThrow(),
                new TensorMap(
                    TensorMap.Element.FLOAT32,
                    List.of(8L, 2L),
                    List.of(32L),
                    List.of(4, 1),
                    TensorMap.Swizzle.WITHIN_32)));
    assertThat(one.arguments().getFirst().expectation()).isPresent();
    assertThat(one("").cluster()).isEmpty();
  }

  @Test
  void comparisonsOfTheCaseHoldForItsArguments() {
    SuiteCase one =
        one(
            ",'compare':'f32','rtol':0.5,'args':[{'out':4,'expect':'00000000'},"
                + "{'out':4,'expect':'00000000','atol':'1e-3'},"
                + "{'out':8,'expect':'0000000000000000','compare':'f64','rtol':0},"
                + "{'out':4,'expect':'00000000','compare':'bits'},"
                + "{'out':4,'expect':'00000000','compare':'bf16x2'}]");
    assertThat(one.arguments())
        .extracting(
            argument -> {
              Expectation e = argument.expectation().orElseThrow();
              return e.compare().map(ElementType::spelling).orElse("bits")
                  + " "
                  + e.rtol()
                  + " "
                  + e.atol();
            })
        .containsExactly(
            "f32 0.5 0.0", "f32 0.5 0.001", "f64 0.0 0.0", "bits 0.5 0.0", "bf16 0.5 0.0");
  }

  @Test
  void optionsOfACaseComeBeforeThoseOfItsSuite() {
    SuiteCase one =
        read("{'gpu':'h100','sanitize':true,'cases':[{'ptx':'a.ptx','grid':1,'block':1,"
                + "'sanitize':'off','schedule':'random:3','approx':'perturbed:4','mma':'sm_90',"
                + "'stepLimit':5}]}")
            .cases()
            .getFirst();
    DeviceOptions options = one.options().applyTo(DeviceOptions.defaults().withSanitize(true));
    assertThat(options.gpu()).isEqualTo("h100");
    assertThat(options.sanitize()).isFalse();
    assertThat(options.schedule()).hasToString("random:3");
    assertThat(options.approximation()).hasToString("perturbed:4");
    assertThat(options.matrixMode()).hasToString("sm_90");
    assertThat(options.stepLimit()).isEqualTo(5);
  }

  @Test
  void remarksAreLetThrough() {
    assertThat(one(",'comment':'why','tags':['a'],'_x':1").name()).isEqualTo("case 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ",'gird':1                               | cases[0].gird is no key there is, grid",
        ",'entry':7                              | cases[0].entry must be a string, 7",
        ",'sharedBytes':'x'                      | cases[0].sharedBytes must be a whole number",
        ",'sharedBytes':1.5                      | cases[0].sharedBytes must be a whole number",
        ",'sanitize':'yes'                       | cases[0].sanitize must be, \"on\"",
        ",'schedule':'any'                       | cases[0].schedule is wrong, in-order",
        ",'stepLimit':0                          | cases[0].stepLimit must be",
        ",'args':{}                              | cases[0].args must be an array",
        ",'args':[1]                             | cases[0].args[0] must be an object",
        ",'args':[{}]                            | cases[0].args[0] must have one of",
        ",'args':[{'in':'00','out':1}]           | cases[0].args[0] must have one of",
        ",'args':[{'in':'0'}]                    | cases[0].args[0].in is wrong, 1 hexadecimal",
        ",'args':[{'in':'0x'},{'in':'zz'}]       | cases[0].args[1].in is wrong, 'z'",
        ",'args':[{'in':5}]                      | cases[0].args[0].in must be a string",
        ",'args':[{'out':'00','expect':'zz'}]    | cases[0].args[0].expect is wrong",
        ",'args':[{'out':-1}]                    | cases[0].args[0].out must be a whole number",
        ",'args':[{'out':2,'expect':'00'}]       | cases[0].args[0].expect has 1 bytes, buffer 2",
        ",'args':[{'out':2,'exepct':'00'}]       | cases[0].args[0].exepct is no key, expect",
        ",'args':[{'value':2}]                   | cases[0].args[0] has a value but no \"type\"",
        ",'args':[{'type':'s8','value':256}]     | cases[0].args[0].value is wrong, s8",
        ",'args':[{'type':'s8','value':1.5}]     | cases[0].args[0].value is wrong, s8",
        ",'args':[{'type':'s8','value':true}]    | cases[0].args[0].value must be a number",
        ",'args':[{'type':'s32','value':1e999999999}]  | cases[0].args[0].value is wrong",
        ",'args':[{'type':'s32','value':NaN}]    | cases[0].args[0].value is wrong",
        ",'args':[{'out':1e999999999}]           | cases[0].args[0].out must be a whole number",
        ",'args':[{'out':4,'compare':'f32','atol':NaN}] | cases[0].args[0].atol must be, 0 or more",
        ",'args':[{'type':'f64','value':1e99999999999}] | line 1, 1e99999999999 is beyond every",
        ",'args':[{'out':NaN}]                   | cases[0].args[0].out must be a whole number",
        ",'args':[{'type':'i9','value':1}]       | cases[0].args[0].type is wrong, i9",
        ",'args':[{'out':4,'rtol':1}]            | cases[0].args[0].rtol has no effect, compare",
        ",'args':[{'out':4,'compare':'f99'}]     | cases[0].args[0].compare is wrong, f99",
        ",'args':[{'out':4,'compare':'f32','atol':-1}] | cases[0].args[0].atol must be, 0 or more",
        ",'args':[{'out':6,'expect':'000000000000','compare':'f32'}] | args[0].expect, f32",
        ",'cluster':[]                           | cases[0].cluster must have one to three",
        ",'args':[{'out':64,'tensormap':7}]      | args[0].tensormap must be an object",
        ",'args':[{'out':64,'tensormap':{'box':[4]}}] | args[0].tensormap has no \"dims\"",
        ",'args':[{'out':64,'tensormap':{'dims':[4],'box':[4],'fill':1}}] | tensormap.fill is no"
            + " key",
        ",'args':[{'out':64,'tensormap':{'dims':[4],'box':['x']}}] | tensormap.box[0] must be a"
            + " whole",
        ",'args':[{'out':64,'tensormap':{'dims':[4],'box':[3]}}] | args[0].tensormap is wrong, 12"
            + " bytes",
        ",'name':'a','name':'b'                  | line 1, name",
      })
  void aMistakeHasItsPlace(String keys, String words) {
    assertThatThrownBy(() -> one(keys))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(words.split(", +"))
        .hasMessageContaining("suite.json: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'cases':[                       | line 1, column 11",
        "{'cases':[]} x                   | line 1",
        "{'case':[]}                      | case is no key there is",
        "{}                               | the suite has no \"cases\"",
        "7                                | the suite must be an object",
        "{'cases':7}                      | cases must be an array",
        "{'cases':[7]}                    | cases[0] must be an object",
        "{'cases':[{'grid':1,'block':1}]} | cases[0] has no \"ptx\"",
        "{'cases':[{'ptx':'a','block':1}]} | cases[0] has no \"grid\"",
        "{'cases':[{'ptx':'a','grid':[],'block':1}]} | cases[0].grid must have one to three",
        "{'cases':[{'ptx':'a','grid':[1,2,3,4],'block':1}]} | cases[0].grid must have one to three",
        "{'cases':[{'ptx':'a','grid':[1,'x'],'block':1}]} | cases[0].grid[1] must be a whole"
            + " number",
        "{'cases':[{'ptx':'a','grid':9999999999,'block':1}]} | cases[0].grid must be a whole"
            + " number",
      })
  void aSuiteThatIsNoneHasItsPlace(String json, String words) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(words.split(", +"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x10", "+1", ".5"})
  void doesNotSpeakOfTheSettingsOfItsParser(String number) {
    assertThatThrownBy(() -> one(",'args':[{'type':'f32','value':" + number + "}]"))
        .hasMessageContaining("line 1, column")
        .message()
        .doesNotContain("JsonReadFeature");
  }

  /** The JSON parser refuses it without a place. */
  @Test
  void aSuiteThatNestsTooDeeplyIsAMistake() {
    assertThatThrownBy(() -> read("{'cases':" + "[".repeat(10_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("depth");
  }

  @Test
  void aSuiteThatStopsHalfwaySaysWhatIsMissing() {
    assertThatThrownBy(() -> read("{'cases':["))
        .hasMessageEndingWith("end-of-input: expected close marker for Array");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'in':'00'} | cases[0].variables[0] has no \"name\"",
        "{'name':'a'} | cases[0].variables[0] must have one of",
        "{'name':'a','in':'0'} | cases[0].variables[0].in is wrong",
        "{'name':'a','out':4,'expect':'00'} | cases[0].variables[0].expect has 1 bytes",
        "{'name':'a','in':'00','size':1} | cases[0].variables[0].size is no key there is",
        "{'name':'a','out':4096,'tensormap':{'dims':[64],'box':[16]}}"
            + " | cases[0].variables[0].tensormap has no place in a variable",
      })
  void aVariableIsCheckedAsArgumentsAre(String json, String problem) {
    assertThatThrownBy(() -> one(",'variables':[" + json + "]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }
}
