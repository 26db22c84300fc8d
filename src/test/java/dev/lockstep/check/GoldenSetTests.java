package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenSetTests {
  @TempDir Path folder;

  /** Contents of cases.json, each wrong in one way, and a part of what must be said. */
  static Stream<Arguments> damagedLists() {
    return Stream.of(
        Arguments.of("", "format is "),
        Arguments.of("{\"format\":1,", "is no JSON"),
        Arguments.of("{}", "format is "),
        Arguments.of("{\"format\":2,\"cases\":[]}", "format is 2, known is 1"),
        Arguments.of("{\"format\":1}", "holds no list of cases"),
        Arguments.of("{\"format\":1,\"cases\":[]}", "holds no list of cases"),
        Arguments.of("{\"format\":1,\"cases\":[{}]}", "case 0 has no file"),
        Arguments.of(listOf("\"file\":\"../x\""), "file ../x is not a plain name"),
        Arguments.of(listOf("\"file\":\"x\",\"name\":\"n\""), "case 0 has no attrs"),
        Arguments.of(
            listOf("\"file\":\"x\",\"name\":\"n\",\"attrs\":{},\"op\":3"), "case 0 has no op"),
        Arguments.of(
            listOf("\"file\":\"x\",\"name\":\"n\",\"attrs\":{},\"op\":\"o\",\"dtype\":\"f8\""),
            "dtype f8 is none of f32, bf16, fp16"));
  }

  private static String listOf(String fields) {
    return "{\"format\":1,\"cases\":[{" + fields + "}]}";
  }

  @ParameterizedTest
  @MethodSource("damagedLists")
  void aDamagedListIsOneClearLine(String content, String said) throws IOException {
    Files.writeString(folder.resolve("cases.json"), content);
    assertThatThrownBy(() -> GoldenSet.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(folder.resolve("cases.json") + ": ")
        .hasMessageContaining(said)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void aMissingFolderOrListIsNamed() {
    assertThatThrownBy(() -> GoldenSet.open(folder))
        .hasMessage("goldens folder " + folder + " has no cases.json");
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> GoldenSet.open(missing))
        .hasMessage("goldens folder " + missing + " is no folder");
  }

  @Test
  void ourCopyIsComplete() {
    GoldenSet goldens = Goldens.open();
    assertThat(goldens.cases()).hasSize(196);
    for (GoldenSet.Case golden : goldens.cases()) {
      assertThat(Goldens.folder().resolve(golden.file())).exists();
    }
  }
}
