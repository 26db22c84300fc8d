package dev.lockstep.simulator;

import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/** What the kernels of {@code bench/kernels/irregular.cu} must give, by definition or the JDK. */
final class IrregularResults {
  private IrregularResults() {}

  static int[] gather(int[] table, int[] result, int loads) {
    for (int i = 0; i < result.length; i++) {
      int place = i;
      for (int k = 0; k < loads; k++) {
        place = place * 1664525 + 1013904223;
        result[i] += table[(place >>> 8) % table.length];
      }
    }
    return result;
  }

  /** Of starts of rows, columns, values and a vector. */
  static int[] sparseProduct(int[][] in) {
    int[] starts = in[0];
    return IntStream.range(0, starts.length - 1)
        .map(
            row -> {
              float sum = 0;
              for (int k = starts[row]; k < starts[row + 1]; k++) {
                sum += intBitsToFloat(in[2][k]) * intBitsToFloat(in[3][in[1][k]]);
              }
              return floatToRawIntBits(sum);
            })
        .toArray();
  }

  static int[] roots(int[] parents) {
    int[] roots = new int[parents.length];
    for (int node = 0; node < roots.length; node++) {
      // Parents come before their children.
      roots[node] = parents[node] == node ? node : roots[parents[node]];
    }
    return roots;
  }

  static int[] collatz(int count) {
    int[] steps = new int[count];
    for (int i = 0; i < count; i++) {
      for (long n = i + 1; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1) {
        steps[i]++;
      }
    }
    return steps;
  }

  /** Of messages of four words, those of one message a quarter of the whole apart. */
  static int[] crc(int[] words) {
    int messages = words.length / 4;
    ByteBuffer message = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    CRC32 crc = new CRC32();
    int[] result = new int[messages];
    for (int i = 0; i < messages; i++) {
      message.clear();
      for (int k = 0; k < 4; k++) {
        message.putInt(words[k * messages + i]);
      }
      crc.reset();
      crc.update(message.flip());
      result[i] = (int) crc.getValue();
    }
    return result;
  }

  static int[] harmonics(int[] in) {
    return IntStream.range(0, in.length / 16)
        .map(f -> IntStream.rangeClosed(1, 16).map(k -> in[k * f]).sum())
        .toArray();
  }

  /** Each 512 words times the matrix whose elements are -1 where row and column share odd bits. */
  static int[] hadamard(int[] in) {
    int[] result = new int[in.length];
    for (int i = 0; i < in.length; i++) {
      int first = i & ~511;
      for (int k = 0; k < 512; k++) {
        int sign = 1 - 2 * (Integer.bitCount(k & i) & 1);
        result[i] += sign * in[first + k];
      }
    }
    return result;
  }

  static int[] histogram(int[] in) {
    int[] bins = new int[in.length / 16];
    for (int i = 0; i < in.length; i++) {
      bins[i / 4096 * 256 + in[i] % 256]++;
    }
    return bins;
  }

  /** The words of one result are an eighth of the whole apart. */
  static int[] nibbles(int[] in) {
    int[] most = new int[in.length / 8];
    for (int i = 0; i < most.length; i++) {
      int[] counts = new int[16];
      for (int k = 0; k < 8; k++) {
        String digits = "%08x".formatted(in[k * most.length + i]);
        digits.chars().forEach(digit -> counts[Character.digit(digit, 16)]++);
      }
      most[i] = Arrays.stream(counts).max().orElseThrow();
    }
    return most;
  }

  static int[] transpose(int[] in) {
    int[] result = new int[in.length];
    for (int i = 0; i < in.length; i++) {
      result[i % 1024 * 1024 + i / 1024] = in[i];
    }
    return result;
  }

  static int[] sort(int[] in) {
    int[] result = in.clone();
    for (int first = 0; first < in.length; first += 256) {
      Arrays.sort(result, first, first + 256);
    }
    return result;
  }

  /** Of queries, keys and values, rows of 32 each. */
  static int[] attention(int[][] in) {
    int keys = in[1].length / 32;
    int[] result = new int[in[0].length];
    for (int query = 0; query < result.length; query += 32) {
      double[] sums = new double[32];
      double total = 0;
      for (int key = 0; key < keys; key++) {
        double score = 0;
        for (int c = 0; c < 32; c++) {
          score += (double) intBitsToFloat(in[0][query + c]) * intBitsToFloat(in[1][32 * key + c]);
        }
        double weight = Math.exp(score / Math.sqrt(32));
        total += weight;
        for (int c = 0; c < 32; c++) {
          sums[c] += weight * intBitsToFloat(in[2][32 * key + c]);
        }
      }
      for (int c = 0; c < 32; c++) {
        result[query + c] = floatToRawIntBits((float) (sums[c] / total));
      }
    }
    return result;
  }
}
