package dev.lockstep.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTests {
  @TempDir Path folder;

  @Test
  void readsAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "0123456789abcdefghij");
    Corpus corpus = Corpus.load(file);
    assertThat(text(corpus)).isEqualTo("0123456789abcdefghij");
    assertThat(corpus.split()).isEqualTo(18);
    assertThat(corpus.heldOutLength()).isEqualTo(2);
    assertThat(corpus.source()).isEqualTo("--data " + file);
  }

  @Test
  void joinsADirectoryByPathWithoutDuplicatesOrEmptyFiles() throws IOException {
    Files.createDirectories(folder.resolve("a"));
    Files.writeString(folder.resolve("b"), "second");
    Files.writeString(folder.resolve("a/z"), "first");
    Files.writeString(folder.resolve("c"), "second");
    Files.writeString(folder.resolve("d"), "");
    Files.writeString(folder.resolve("e"), "last");
    Corpus corpus = Corpus.load(folder);
    assertThat(text(corpus)).isEqualTo("first\nsecond\nlast");
    assertThat(corpus.files()).isEqualTo(3);
  }

  @Test
  void findsTheLicencesOfTheRunningJdk() {
    Corpus corpus = Corpus.load(null);
    assertThat(corpus.length()).isGreaterThan(50_000);
    assertThat(text(corpus)).contains("GNU General Public License");
    assertThat(corpus.files()).isGreaterThan(1);
  }

  @Test
  void saysWhatIsWrongWithThePath() throws IOException {
    assertThatThrownBy(() -> Corpus.load(folder.resolve("none")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--data " + folder.resolve("none") + ": no such file or directory");
    assertThatThrownBy(() -> Corpus.load(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--data " + folder + ": the directory holds no files");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThatThrownBy(() -> Corpus.load(empty))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--data " + empty + ": nothing to train on, every file is empty");
  }

  @Test
  void saysThatAFileCannotBeRead() throws IOException {
    Path broken = Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
    assertThatThrownBy(() -> Corpus.load(broken)).hasMessageContaining("no such file");
    // What exists and is no file can be opened by nobody, the superuser included.
    Path fileUnderFile = Files.writeString(folder.resolve("f"), "x").resolve("g");
    assertThatThrownBy(() -> Corpus.load(fileUnderFile)).hasMessageContaining("no such file");
  }

  @Test
  void refusesATextTooShortForTheContext() {
    Corpus corpus = Corpus.of("the test", "x".repeat(18).getBytes(UTF_8));
    assertThatThrownBy(() -> corpus.requireContext(17))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the test holds 18 bytes; a context of 17 needs at least 19,"
                + " the last tenth being held out");
    corpus.requireContext(16);
    Corpus.of("the test", "x".repeat(19).getBytes(UTF_8)).requireContext(17);
    assertThatThrownBy(() -> Corpus.of("nine", "x".repeat(9).getBytes(UTF_8)).requireContext(1))
        .hasMessageContaining("needs at least 10");
  }

  private static String text(Corpus corpus) {
    return new String(corpus.bytes(0, corpus.length()), UTF_8);
  }
}
