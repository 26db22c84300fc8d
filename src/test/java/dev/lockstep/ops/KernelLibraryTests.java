package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.KernelImage;
import dev.lockstep.device.RecordingDevice;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KernelLibraryTests {
  private static final String INDEX =
      """
      {"images": [
        {"name": "one", "entries": [{"name": "a_f32"}, {"name": "b_f32"}]},
        {"name": "two", "entries": [{"name": "c_f32", "resources": {
          "sm_80": {"registers": 30, "sharedBytes": 384, "spillBytes": 0},
          "sm_90": {"registers": 32, "sharedBytes": 384, "spillBytes": 8}}}]}]}
      """;

  private final RecordingDevice device = new RecordingDevice();

  @Test
  void anImageIsLoadedOnceWhenFirstNeeded() {
    try (KernelLibrary library = library(Map.of("one.ptx", "PTX one", "two.ptx", "PTX two"))) {
      assertThat(device.loaded()).isEmpty();

      assertThat(library.kernel("one", "a_f32").name()).isEqualTo("a_f32");
      library.kernel("one", "b_f32");

      assertThat(device.loaded()).containsExactly(KernelImage.ofPtx("one", "PTX one"));
    }
    assertThat(device.openModules()).isZero();
  }

  @Test
  void machineCodeTravelsWithThePtxWhereThereIsSome() {
    try (KernelLibrary library = library(Map.of("one.ptx", "PTX", "one.fatbin", "code"))) {
      library.kernel("one", "a_f32");
      assertThat(device.loaded().get(0).fatbin())
          .hasValueSatisfying(code -> assertThat(code).asString().isEqualTo("code"));
    }
  }

  @Test
  void whatIsNotThereIsNamedBesideWhatIs() {
    try (KernelLibrary library = library(Map.of("one.ptx", "PTX"))) {
      assertThatThrownBy(() -> library.kernel("three", "a_f32"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no kernel image \"three\" is packaged; there are: one, two");
      assertThatThrownBy(() -> library.kernel("one", "a_f64"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("kernel image \"one\" has no entry \"a_f64\"; it has: a_f32, b_f32");
      assertThatThrownBy(() -> library.kernel("two", "c_f32"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the build packaged no /dev/lockstep/kernels/two.ptx");
    }
  }

  @Test
  void saysWhatAKernelTakesWhereItWasCompiled() {
    try (KernelLibrary library = library(Map.of())) {
      assertThat(library.resources("c_f32", "sm_80")).hasValue(new KernelResources(30, 384, 0));
      assertThat(library.resources("c_f32", "sm_90")).hasValue(new KernelResources(32, 384, 8));
      assertThat(library.resources("c_f32", "sm_75")).isEmpty();
      assertThat(library.resources("a_f32", "sm_80")).isEmpty();
      assertThat(library.resources("d_f32", "sm_80")).isEmpty();
    }
  }

  @Test
  void givesTheTextAnEntryIsIn() {
    try (KernelLibrary library = library(Map.of("one.ptx", "PTX one", "two.ptx", "PTX two"))) {
      assertThat(library.ptx("b_f32")).isEqualTo("PTX one");
      assertThat(library.ptx("c_f32")).isEqualTo("PTX two");
      assertThat(device.loaded()).isEmpty();
      assertThatThrownBy(() -> library.ptx("d_f32"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no kernel image that is packaged has an entry \"d_f32\"");
    }
  }

  @Test
  void aBuildWithoutKernelsIsRefused() {
    assertThatThrownBy(() -> new KernelLibrary(device, file -> null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the build packaged no /dev/lockstep/kernels/kernels.json");
  }

  @Test
  void aClosedLibraryGivesNoKernels() {
    KernelLibrary library = library(Map.of("one.ptx", "PTX"));
    library.close();
    assertThatThrownBy(() -> library.kernel("one", "a_f32"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the kernel library is closed");
  }

  private KernelLibrary library(Map<String, String> files) {
    return new KernelLibrary(
        device, file -> file.equals("kernels.json") ? open(INDEX) : open(files.get(file)));
  }

  private static @Nullable InputStream open(@Nullable String content) {
    return content == null
        ? null
        : new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
  }
}
