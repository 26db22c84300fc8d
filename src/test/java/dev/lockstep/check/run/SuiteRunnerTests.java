package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Running suites. In these tests, JSON is written with single quotes. */
class SuiteRunnerTests {
  private static final String ADD =
      "{'name':'add','ptx':'add.ptx','entry':'add','grid':[1,1,1],'block':[4,1,1],'args':["
          + "{'in':'0000803f00000040'},{'in':'0000803f0000803f'},"
          + "{'out':8,'expect':'0000004000004040'},{'type':'s32','value':2}]}";

  private final SuiteRunner runner =
      new SuiteRunner("sim", DeviceOptions.defaults().withStepLimit(10_000), Optional.empty());

  @AfterEach
  void close() {
    runner.close();
  }

  private List<CaseResult> run(String... cases) {
    String json = "[" + String.join(",", cases).replace('\'', '"') + "]";
    Suite suite =
        SuiteReader.read(
            json.getBytes(StandardCharsets.UTF_8),
            Path.of("src/test/resources/run").toAbsolutePath());
    List<CaseResult> seen = new ArrayList<>();
    SuiteReport report = runner.run(suite, seen::add);
    assertThat(report.cases()).isEqualTo(seen);
    assertThat(report.passed() + report.failed()).isEqualTo(seen.size());
    return seen;
  }

  private CaseResult one(String entry, String keys) {
    return run("{'ptx':'several.ptx','entry':'" + entry + "','grid':1,'block':1" + keys + "}")
        .getFirst();
  }

  @Test
  void passesWhatIsAsExpected() {
    assertThat(run(ADD))
        .hasSize(1)
        .allMatch(CaseResult::passed)
        .allMatch(r -> r.reason().isEmpty());
  }

  @Test
  void saysWhatIsNotAsExpected() {
    CaseResult result = run(ADD.replace("4040", "4140")).getFirst();
    assertThat(result.passed()).isFalse();
    assertThat(result.reason())
        .isEqualTo(
            "argument 2 (add_c): element 1 (byte 4) is 0x40400000, expected 0x40410000;"
                + " 1 of 2 b32 elements differ");
  }

  @Test
  void aFaultFailsACaseUnlessItIsExpected() {
    String outside = ",'args':[{'out':4}],'block':[2]".replace(",'block':[2]", "");
    String two =
        "{'ptx':'several.ptx','entry':'outside','grid':1,'block':2" + outside + ",'fault':'%s'}";
    assertThat(run(two.formatted("IllegalAddress")).getFirst())
        .returns(true, CaseResult::passed)
        .returns("IllegalAddress", CaseResult::fault);
    assertThat(run(two.formatted("Deadlock")).getFirst().reason())
        .contains("expected the fault Deadlock, got IllegalAddress", "thread (1,0,0)");
    assertThat(run(two.replace(",'fault':'%s'", "")).getFirst().reason())
        .contains("fault IllegalAddress", "thread (1,0,0)");
    assertThat(run(two.formatted("Segfault")).getFirst().reason())
        .contains("no fault \"Segfault\"", "IllegalAddress", "SharedMemoryRace");
    assertThat(one("outside", outside + ",'fault':'IllegalAddress'").reason())
        .isEqualTo("expected the fault IllegalAddress, the kernel ended without one");
  }

  @Test
  void noCaseStopsTheNext() {
    String other = "{'ptx':'%s','entry':'%s','grid':%d,'block':1}";
    List<CaseResult> results =
        run(
            other.formatted("missing.ptx", "x", 1),
            other.formatted("../run/several.ptx", "x", 1),
            other.formatted("several.ptx", "endless", 1),
            other.formatted("uncovered.ptx", "uncovered", 1),
            other.formatted("several.ptx", "shared", 0),
            "{'ptx':'add.ptx','grid':1,'block':1}",
            "{'ptx':'several.ptx','entry':'shared','grid':1,'block':1,'sharedBytes':9999999}",
            "{'ptx':'add.ptx','grid':1,'block':1,'gpu':'voodoo'}",
            ADD);
    assertThat(results).extracting(CaseResult::passed).endsWith(false, true);
    assertThat(results.subList(0, 8)).noneMatch(CaseResult::passed);
    assertThat(results.get(0).reason()).contains("there is no file", "missing.ptx");
    assertThat(results.get(1).reason()).contains("no kernel \"x\"", "endless");
    assertThat(results.get(2).fault()).isEqualTo("StepLimit");
    assertThat(results.get(3).fault()).isEqualTo("UnsupportedInstruction");
    assertThat(results.get(3).reason()).contains("wgmma.fence", "PTX line 14");
    assertThat(results.get(4).reason()).contains("grid (0,1,1)");
    assertThat(results.get(5).reason()).contains("takes 4 arguments, 0 given");
    assertThat(results.get(6).reason()).contains("shared memory");
    assertThat(results.get(7).reason()).contains("voodoo", "a100");
  }

  @Test
  void aCaseDoesNotSeeWhatAnotherLeftInTheModulesMemory() {
    String count = ",'args':[{'out':4,'expect':'06000000'}]";
    assertThat(one("count", count).reason()).isEmpty();
    assertThat(one("count", count).reason()).isEmpty();
  }

  private CaseResult weigh(String variables) {
    return run("{'ptx':'variables.ptx','entry':'weigh','grid':1,'block':3,'args':[{'out':12,"
            + "'expect':'0000803f0000004000004040'}],'variables':["
            + variables
            + "]}")
        .getFirst();
  }

  @Test
  void variablesAreSetAndCompared() {
    String coef = "{'name':'coef','in':'0000803f0000004000004040'},";
    String count = "{'name':'count','inout':'07000000','expect':'%s'}";
    assertThat(weigh(coef + count.formatted("0a000000")).reason()).isEmpty();
    assertThat(weigh(coef + count.formatted("0b000000")).reason())
        .isEqualTo(
            "variable count: element 0 (byte 0) is 0x0000000a, expected 0x0000000b;"
                + " 1 of 1 b32 elements differ");
    // Nothing is left of what the case before wrote: neither constants nor counters.
    assertThat(weigh("{'name':'count','out':4,'expect':'08000000'}").reason())
        .startsWith("argument 0 (weigh_out): element 0 (byte 0) is 0x00000000");
    assertThat(weigh(coef + "{'name':'count','out':4,'expect':'08000000'}").reason()).isEmpty();
    assertThat(weigh(coef + "{'name':'gain','type':'f32','value':2}").reason())
        .startsWith("argument 0 (weigh_out): element 0 (byte 0) is 0x40000000");
    assertThat(
            weigh(
                    coef
                        + "{'name':'count','in':'00000000'},"
                        + "{'name':'offset','inout':'00000000','expect':'0000803f','compare':'f32',"
                        + "'atol':1}")
                .reason())
        .isEmpty();
  }

  @Test
  void variablesThatDoNotFitAreRefused() {
    assertThat(weigh("{'name':'coeff','in':'00'}").reason())
        .contains("has no variable \"coeff\"; it has coef, count, ");
    assertThat(weigh("{'name':'coef','in':'00000000000000000000000000000000'}").reason())
        .isEqualTo("variable coef has 12 bytes, in:b32[4] has 16");
    assertThat(weigh("{'name':'gain','out':4},{'name':'space::gain','out':4}").reason())
        .isEqualTo("variable _ZN5space4gainE is given twice");
  }

  @Test
  void theSanitizerIsOnWhereAFaultIsExpectedUnlessSomebodySaysOtherwise() {
    SuiteCase plain = SuiteReader.read(json(""), null).cases().getFirst();
    SuiteCase faulty = SuiteReader.read(json(",'fault':'Trap'"), null).cases().getFirst();
    SuiteCase off =
        SuiteReader.read(json(",'fault':'Trap','sanitize':false"), null).cases().getFirst();
    assertThat(List.of(plain, faulty, off))
        .extracting(one -> runner.options(one).sanitize())
        .containsExactly(false, true, false);
    try (SuiteRunner on = new SuiteRunner("sim", DeviceOptions.defaults(), Optional.of(true))) {
      assertThat(List.of(plain, faulty, off))
          .extracting(one -> on.options(one).sanitize())
          .containsExactly(true, true, false);
    }
  }

  private static byte[] json(String keys) {
    return ("[{'ptx':'a.ptx','grid':1,'block':1" + keys + "}]")
        .replace('\'', '"')
        .getBytes(StandardCharsets.UTF_8);
  }
}
