package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.check.run.Argument;
import dev.lockstep.check.run.ElementType;
import dev.lockstep.check.run.Elements;
import dev.lockstep.check.run.KernelFile;
import dev.lockstep.check.run.KernelRun;
import dev.lockstep.check.run.RunResult;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Variables of a module, set and read by the host; a subclass names the device. */
abstract class ModuleVariablesTests {
  private static final Path FILE = Path.of("src/test/resources/run/variables.ptx");

  abstract Device open();

  private static KernelImage image() {
    try {
      return KernelImage.ofPtx("variables", Files.readString(FILE));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static float[] weigh(Device device, Stream stream, KernelModule module) {
    try (DeviceBuffer out = device.allocate(12);
        Arena arena = Arena.ofConfined()) {
      stream.launch(module.kernel("weigh"), Launch.of(1, 3), new KernelArgs().address(out, 0));
      MemorySegment host = arena.allocate(12, 4);
      stream.copyToHost(host, out, 0);
      stream.synchronize();
      return host.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void areSetAndReadByName() {
    // example
    try (Device device = open();
        KernelModule module = device.load(image());
        Stream stream = device.newStream();
        Arena arena = Arena.ofConfined()) {
      MemorySegment weights = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 2f, 3f);
      stream.copyToDevice(module.variable("coef"), 0, weights);
      assertThat(weigh(device, stream, module)).containsExactly(1f, 2f, 3f);

      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      stream.copyToHost(count, module.variable("count"), 0);
      stream.synchronize();
      assertThat(count.get(ValueLayout.JAVA_INT, 0)).isEqualTo(5 + 3);
    }
    // end
  }

  @Test
  void areSetInPart() {
    try (Device device = open();
        KernelModule module = device.load(image());
        Stream stream = device.newStream();
        Arena arena = Arena.ofConfined()) {
      DeviceBuffer coef = module.variable("coef");
      assertThat(coef.bytes()).isEqualTo(12);
      stream.fill(coef, 0, 12, (byte) 0);
      stream.copyToDevice(coef, 4, arena.allocateFrom(ValueLayout.JAVA_FLOAT, 7f));
      stream.copyOnDevice(coef, 8, coef, 4, 4);
      assertThat(weigh(device, stream, module)).containsExactly(0f, 7f, 7f);
      MemorySegment five = arena.allocate(20);
      assertThatThrownBy(() -> stream.copyToDevice(coef, 0, five))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("20 bytes", "12");
    }
  }

  /** Nobody finds fault with reading memory that a variable was copied to. */
  @Test
  void countAsSetWhereverTheyAreCopiedTo() {
    try (Device device = open();
        KernelModule module = device.load(image());
        Stream stream = device.newStream();
        DeviceBuffer copy = device.allocate(4);
        DeviceBuffer out = device.allocate(4);
        Arena arena = Arena.ofConfined()) {
      stream.copyOnDevice(copy, 0, module.variable("count"), 0, 4);
      stream.launch(
          module.kernel("pass"),
          Launch.of(1, 1),
          new KernelArgs().address(copy, 0).address(out, 0));
      MemorySegment host = arena.allocate(ValueLayout.JAVA_INT);
      stream.copyToHost(host, out, 0);
      stream.synchronize();
      assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(5);
    }
  }

  @Test
  void everyModuleHasItsOwn() {
    try (Device device = open();
        KernelModule one = device.load(image());
        KernelModule other = device.load(image());
        Stream stream = device.newStream();
        Arena arena = Arena.ofConfined()) {
      MemorySegment ones = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 1f, 1f);
      stream.copyToDevice(one.variable("coef"), 0, ones);
      assertThat(one.variable("coef").address()).isNotEqualTo(other.variable("coef").address());
      assertThat(weigh(device, stream, other)).containsOnly(0f);
      assertThat(weigh(device, stream, one)).containsOnly(1f);
    }
  }

  @Test
  void theyBelongToTheModule() {
    try (Device device = open();
        Stream stream = device.newStream();
        Arena arena = Arena.ofConfined()) {
      MemorySegment word = arena.allocate(4);
      DeviceBuffer count;
      try (KernelModule module = device.load(image())) {
        count = module.variable("count");
        count.close();
        stream.copyToDevice(count, 0, word);
        stream.synchronize();
      }
      assertThatThrownBy(count::address).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> stream.copyToDevice(count, 0, word))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "coef, coef",
    "_ZN5space4gainE, _ZN5space4gainE",
    "gain, _ZN5space4gainE",
    "space::gain, _ZN5space4gainE",
    "offset, __nv_static_24__3079d6f3_4_v_cu_counter_offset",
    "b::x, _ZN1b1xE",
  })
  void answerToTheirNamesInTheSource(String wanted, String name) {
    try (Device device = open();
        KernelModule module = device.load(image())) {
      assertThat(module.variable(wanted)).isSameAs(module.variable(name));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x | has several variables \"x\": _ZN1a1xE, _ZN1b1xE",
        "weigh | has no variable \"weigh\"; it has coef, count, _ZN5space4gainE, ",
        "coe | has no variable \"coe\"; it has coef, ",
      })
  void theMessageListsThoseThereAre(String wanted, String message) {
    try (Device device = open();
        KernelModule module = device.load(image())) {
      assertThat(module.variables()).startsWith("coef", "count").hasSize(6);
      assertThatThrownBy(() -> module.variable(wanted))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("variables", message);
    }
  }

  @Test
  void aRunSetsAndReadsThem() {
    try (Device device = open()) {
      RunResult result =
          KernelRun.of(KernelFile.read(FILE, device.info()))
              .entry("weigh")
              .block(3)
              .argument(Argument.out(ElementType.F32, 3))
              .variable("coef", Argument.in(Elements.of(1f, 2f)))
              .variable("gain", Argument.parse("f32:10"))
              .variable("offset", Argument.inout(Elements.of(0.5f)))
              .variable("count", Argument.out(ElementType.U32, 1))
              .run(device);
      assertThat(result.elements(0).floats()).containsExactly(10.5f, 20.5f, 0.5f);
      assertThat(result.variables()).hasSize(2);
      assertThat(result.variable("count").ints()).containsExactly(5 + 3);
    }
  }
}
