package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A text that is always at hand, for small language models: the PTX of one of our kernels, byte by
 * byte. The first four fifths are to learn from, the rest is held out.
 *
 * @param symbols from 0, in the order of the bytes that occur
 * @param vocabulary how many there are
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record KernelText(int[] symbols, int vocabulary) {
  private static final String RESOURCE = "/dev/lockstep/kernels/softmax.ptx";

  /** Reads it. */
  public static KernelText read() {
    try (InputStream in =
        Objects.requireNonNull(KernelText.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      int[] known = text.chars().distinct().sorted().toArray();
      return new KernelText(
          text.chars().map(each -> Arrays.binarySearch(known, each)).toArray(), known.length);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + RESOURCE, e);
    }
  }

  /**
   * Windows of {@code length} symbols and one more, one after the other.
   *
   * @param heldOut whether from what is held out
   */
  public int[] windows(Draws draws, int count, int length, boolean heldOut) {
    int learnt = symbols.length / 5 * 4;
    int from = heldOut ? learnt : 0;
    int to = heldOut ? symbols.length : learnt;
    int[] all = new int[count * (length + 1)];
    for (int i = 0; i < count; i++) {
      int start = from + draws.below(to - from - length);
      System.arraycopy(symbols, start, all, i * (length + 1), length + 1);
    }
    return all;
  }
}
