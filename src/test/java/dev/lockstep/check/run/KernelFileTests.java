package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelFileTests {
  private static final DeviceInfo TARGET = new DeviceInfo("sim", "test", "8.0", 1, 1, 1);

  private final KernelFile several = read("several.ptx");

  static KernelFile read(String name) {
    return KernelFile.read(Path.of("src/test/resources/run", name), TARGET);
  }

  @Test
  void theOnlyEntryNeedsNoName() {
    assertThat(read("add.ptx").onlyEntry().name()).isEqualTo("add");
  }

  @Test
  void severalEntriesAreListed() {
    assertThatThrownBy(several::onlyEntry)
        .hasMessageContainingAll("several kernels", "count", "endless", "shared");
    assertThatThrownBy(() -> several.entry("missing"))
        .hasMessageContainingAll("no kernel \"missing\"", "count", "endless", "shared");
  }

  @Test
  void aCppKernelAnswersToItsNameInTheSource() {
    assertThat(several.entry("struct").name()).startsWith("_ZN5space6struct");
    assertThat(several.entry("space::struct").name()).startsWith("_ZN5space6struct");
    assertThat(several.entry("_ZN5space6structI4PairEEvT_PjhS2_").name()).startsWith("_ZN");
  }

  @Test
  void whatIsNoPtxHasItsPlace(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bad.ptx");
    Files.writeString(file, ".version 8.0\n.target sm_80\n.address_size 64\n.entry ?\n");
    assertThatThrownBy(() -> KernelFile.read(file, TARGET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("bad.ptx", "line 4, column");
    assertThatThrownBy(() -> KernelFile.read(folder, TARGET)).hasMessageContaining("directory");
    assertThatThrownBy(() -> KernelFile.read(folder.resolve("no.ptx"), TARGET))
        .hasMessageContaining("there is no file");
    assertThatThrownBy(() -> KernelFile.read(folder.resolve("no.cu"), TARGET))
        .hasMessageContaining("there is no file");
  }
}
