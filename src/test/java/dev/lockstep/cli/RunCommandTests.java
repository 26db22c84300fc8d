package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunCommandTests {
  private static final String FILES = "src/test/resources/run/";

  @TempDir private Path folder;

  private static Run run(String arguments) {
    List<String> words = new ArrayList<>(List.of("run"));
    words.addAll(List.of(arguments.replace("@", FILES).split(" +")));
    words.addAll(List.of("--device", "sim"));
    return Run.lockstep(words.toArray(String[]::new));
  }

  private JsonNode json() throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("out.json")));
  }

  /** Before nvcc is asked to compile for a GPU that has neither: there is no such file. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cluster 2 | no thread-block clusters, which are not simulated",
        "--arg tensormap:dims=8,box=4:out:f32:8 | no tensor maps, which are not simulated",
      })
  void whatIsNotSimulatedIsRefusedBeforeAnythingIsRead(String words, String problem) {
    Run run = run("@missing.cu --grid 2 --block 1 " + words);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err())
        .contains("the device sim has " + problem, "a GPU of compute capability 9.0 has them");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cluster 2x | --cluster 2x must be X, X,Y or X,Y,Z",
        "--cluster 2 --list | --cluster has no meaning beside --list",
      })
  void aClusterIsCheckedAsGridsAre(String words, String problem) {
    Run run = run("@add.ptx " + (words.contains("list") ? "" : "--grid 2 --block 1 ") + words);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(problem);
  }

  @Test
  void aFileThatIsNotThereIsNamedBeforeALaunchIsAskedFor() {
    assertThat(run("@nosuch.ptx").err()).contains("there is no file " + FILES + "nosuch.ptx");
    assertThat(run("@ --grid 1").err()).contains("src/test/resources/run is a directory");
    assertThat(run("@add.ptx").err()).contains("say how to launch: --grid X[,Y,Z]");
    assertThat(run("@add.ptx --grid 1").err()).contains("say how to launch: --block X[,Y,Z]");
  }

  @Test
  void printsWhatTheKernelWrote() throws IOException {
    Run run =
        run(
            "@add.ptx --grid 2 --block 2 --arg in:f32:1,2,3 --arg in:f32:10,20,30"
                + " --arg out:f32:3 --arg s32:3 --json "
                + folder.resolve("out.json"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out().lines().toList())
        .contains("arg 2   out f32[3] add_c", "  11.0 22.0 33.0")
        .anyMatch(line -> line.startsWith("kernel  add: "));
    JsonNode output = json().get("outputs").get(0);
    assertThat(json().get("status").asString()).isEqualTo("ok");
    assertThat(output.get("argument").asInt()).isEqualTo(2);
    assertThat(output.get("values").toString()).isEqualTo("[11.0,22.0,33.0]");
    assertThat(output.get("hex").asString()).isEqualTo("000030410000b04100000442");
  }

  @Test
  void variablesOfTheModuleAreSetAndPrinted() throws IOException {
    Run run =
        run(
            "@variables.ptx --entry weigh --grid 1 --block 3 --arg out:f32:3 --var"
                + " coef=in:f32:1,2,3 --var gain=f32:10 --var count=inout:u32:1 --var"
                + " space::gain=out:f32:1 --json "
                + folder.resolve("out.json"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("variable _ZN5space4gainE is given twice");
    run =
        run(
            "@variables.ptx --entry weigh --grid 1 --block 3 --arg out:f32:3 --var"
                + " coef=in:f32:1,2,3 --var gain=inout:f32:10 --var count=out:u32:1 --json "
                + folder.resolve("out.json"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out().lines().toList())
        .endsWith(
            "arg 0   out f32[3] weigh_out",
            "  10.0 20.0 30.0",
            "var     inout f32[1] _ZN5space4gainE",
            "  10.0",
            "var     out u32[1] count",
            "  8");
    JsonNode variable = json().get("variables").get(1);
    assertThat(variable.get("name").asString()).isEqualTo("count");
    assertThat(variable.get("values").toString()).isEqualTo("[8]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--var coef | variable \"coef\": a variable is NAME=A",
        "--var =f32:1 | variable \"=f32:1\": a variable is NAME=A",
        "--var coef=in:f33:1 | variable coef: argument \"in:f33:1\": \"f33\" is no element type",
        "--var coef=tensormap:dims=8,box=4:out:f32:8 | variable coef: a variable is NAME=A",
        "--var coef=in:f32:1,2,3,4 | variable coef has 12 bytes, in:f32[4] has 16",
        "--var x=u32:1 | several variables \"x\": _ZN1a1xE, _ZN1b1xE",
        "--var y=u32:1 | has no variable \"y\"; it has coef, count, _ZN5space4gainE, ",
        "--var coef=f32:1 --list | has no meaning beside --list",
      })
  void aVariableThatDoesNotFitIsRefused(String words, String problem) {
    String launch = words.contains("list") ? "" : " --entry weigh --grid 1 --block 1";
    Run run = run("@variables.ptx" + launch + " --arg out:f32:3 " + words);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).contains(problem);
  }

  @Test
  void listsVariables() {
    assertThat(run("@variables.ptx --list").out())
        .contains("variables\n", "  .const   coef              ", "b8   12 bytes\n")
        .contains("  .global  count             ", "u32  4 bytes\n");
    assertThat(run("@add.ptx --list").out()).doesNotContain("variables");
  }

  @Test
  void leavesOutMostOfALongBuffer() throws IOException {
    Run run =
        run(
            "@several.ptx --entry outside --grid 1 --block 100 --arg out:u32:100 --json "
                + folder.resolve("out.json"));
    assertThat(run.out()).contains(" 62 63\n  ... and 36 more; --json FILE has all\n");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 100 || !line.startsWith("  "));
    assertThat(json().get("outputs").get(0).get("values").size()).isEqualTo(100);
  }

  @Test
  void aFaultIsOneBlockAndExitCode3() throws IOException {
    Run run =
        run(
            "@several.ptx --entry outside --grid 1 --block 100 --arg out:u32:99 --json "
                + folder.resolve("out.json"));
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.errLines()).hasSize(4);
    assertThat(run.err())
        .contains("IllegalAddress", "a buffer of 396 bytes")
        .contains("outside, block (0,0,0), thread (99,0,0)")
        .containsPattern("line \\d+: st.global.u32 \\[%rd3], %r1;");
    JsonNode fault = json().get("fault");
    assertThat(json().get("status").asString()).isEqualTo("fault");
    assertThat(fault.get("kind").asString()).isEqualTo("IllegalAddress");
    assertThat(fault.get("thread").asString()).isEqualTo("(99,0,0)");
  }

  @Test
  void anInstructionThatCannotBeExecutedIsBadInput() {
    Run run = run("@uncovered.ptx --entry uncovered --grid 1 --block 32");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("UnsupportedInstruction", "wgmma.fence", "line 14: wgmma.fence.sync.aligned;");
  }

  @Test
  void anEndlessKernelMeetsTheStepLimit() {
    Run run = run("@several.ptx --entry endless --grid 1 --block 1 --step-limit 1000");
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("StepLimit", "1000 instructions", "--step-limit N");
  }

  @Test
  void severalKernelsAreListedWhenNoneIsNamed() {
    Run run = run("@several.ptx --grid 1 --block 1");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .contains("several kernels", "count, _ZN5space6structI4PairEEvT_PjhS2_, endless");
  }

  @Test
  void listsWhatAFileHolds() throws IOException {
    Run run = run("@several.ptx --list --json " + folder.resolve("out.json"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("_ZN5space6structI4PairEEvT_PjhS2_\n")
        .contains("parameter  struct_value  b8   12 bytes at 0\n")
        .contains("parameter  struct_other  u64  8 bytes at 32\n")
        .contains("shared     1024 bytes, dynamic from a multiple of 16\n")
        .endsWith("5 kernels, 0 uncovered instructions\n");
    assertThat(json().get("entries").get(4).get("staticSharedBytes").asInt()).isEqualTo(1024);
  }

  @Test
  void listsEveryInstructionThatIsNotCovered() {
    Run run = run("@uncovered.ptx --list");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains("uncovered  line 14: wgmma.fence.sync.aligned;")
        .contains("uncovered  line 16: wgmma.commit_group.sync.aligned;")
        .endsWith("2 kernels, 2 uncovered instructions\n");
  }

  @Test
  void runsASuite() throws IOException {
    Path suite = folder.resolve("suite.json");
    String add = Path.of(FILES + "add.ptx").toAbsolutePath().toString();
    String one =
        "{'name':'%s','ptx':'"
            + add
            + "','grid':1,'block':1,'args':[{'in':'0000803f'},{'in':'0000803f'},"
            + "{'out':4,'expect':'%s'},{'type':'u32','value':1}]}";
    String good = one.formatted("good", "00000040");
    String bad = one.formatted("bad", "00000041");
    Files.writeString(suite, ("{'cases':[" + bad + "," + good + "]}").replace('\'', '"'));
    Run run = run("--suite " + suite + " --json " + folder.resolve("out.json"));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out().lines())
        .containsExactly(
            "FAIL bad: argument 2 (add_c): element 0 (byte 0) is 0x40000000, expected 0x41000000;"
                + " 1 of 1 b32 elements differ",
            "1 passed, 1 failed");
    assertThat(json().get("cases").get(0).get("status").asString()).isEqualTo("failed");

    Files.writeString(suite, ("{'cases':[" + good + "]}").replace('\'', '"'));
    run = run("--suite " + suite);
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("1 passed, 0 failed\n");
  }

  @Test
  void tracesAWarp() {
    Run run =
        run(
            "@add.ptx --grid 2 --block 2 --arg in:f32:1,2,3 --arg in:f32:10,20,30"
                + " --arg out:f32:3 --arg s32:3 --trace block=1,warp=0");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out().lines().map(String::strip))
        .containsSubsequence(
            "14  00000003  mov.u32 %r2, %ctaid.x;",
            "%r2 = 1 in all",
            "18  00000003  setp.ge.s32 %p1, %r5, %r1;",
            "%p1 = 0 1",
            "19  00000002  @%p1 bra $L__end;",
            "29  00000001  add.f32 %f3, %f1, %f2;",
            "%f3 = 33.0",
            "arg 2   out f32[3] add_c");
  }

  @Test
  void countsWhatAKernelDoes() throws IOException {
    Run run =
        run(
            "@add.ptx --grid 2 --block 2 --arg in:f32:1,2,3 --arg in:f32:10,20,30"
                + " --arg out:f32:3 --arg s32:3 --counters --json "
                + folder.resolve("out.json"));
    assertThat(run.code()).as(run.err()).isZero();
    // Two loads by each of two warps, a store by each.
    assertThat(run.out().lines().map(String::strip))
        .contains("add  grid (2,1,1)  block (2,1,1)")
        .anyMatch(line -> line.matches("global +requests +sectors +each +moved +used +at least"))
        .anyMatch(line -> line.matches("ld +4 +4 +1.0 +128 B +18.8 % +64 B"))
        .anyMatch(line -> line.matches("st +2 +2 +1.0 +64 B +18.8 % +32 B"))
        .anyMatch(line -> line.matches("instr +sectors +conflicts +line"))
        .anyMatch(line -> line.matches(".* 33.3 % +- +ptx:\\d+ +st.global.f32 .*"));
    assertThat(json().get("counts").get("counters").get("smsp__inst_executed.sum").asLong())
        .isGreaterThan(20);
    assertThat(json().get("hotLines").get(0).get("causes").isArray()).isTrue();
    run =
        run(
            "@add.ptx --grid 2 --block 2 --arg in:f32:1,2,3 --arg in:f32:10,20,30"
                + " --arg out:f32:3 --arg s32:3 --counters --trace block=1,warp=0");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--trace has no meaning beside --counters");
  }

  @Test
  void passesOnWhatTheKernelPrints() throws IOException {
    Run run = run("@print.ptx --grid 2 --block 1 --json " + folder.resolve("out.json"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("block 0\nblock 1\ndevice");
    assertThat(json().get("printed").asString()).isEqualTo("block 0\nblock 1\n");
  }
}
