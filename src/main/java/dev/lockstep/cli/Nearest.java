package dev.lockstep.cli;

import java.util.Collection;
import java.util.Optional;

/** The name someone meant who mistyped it. */
final class Nearest {
  private Nearest() {}

  /** The known name with the fewest edits from the typed one, if at most half of it is wrong. */
  static Optional<String> to(String typed, Collection<String> known) {
    String best = null;
    int least = typed.length() / 2 + 1;
    for (String name : known) {
      int edits = edits(typed, name);
      if (edits < least) {
        least = edits;
        best = name;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Insertions, deletions, replacements and exchanges of neighbours between two words. */
  static int edits(String from, String to) {
    int[][] d = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replaced = d[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        boolean exchanged =
            i > 1
                && j > 1
                && from.charAt(i - 1) == to.charAt(j - 2)
                && from.charAt(i - 2) == to.charAt(j - 1);
        if (exchanged) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[from.length()][to.length()];
  }
}
