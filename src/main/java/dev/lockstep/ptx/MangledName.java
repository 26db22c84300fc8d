package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names that C++ compilers give functions and variables (Itanium C++ ABI, 5.1), as far as
 * identifiers go.
 */
public final class MangledName {
  /** What nvcc calls a static variable where files are linked: the length of the file's part. */
  private static final Pattern OF_A_FILE = Pattern.compile("__nv_static_(\\d{1,4})_");

  private MangledName() {}

  /**
   * Whether {@code _ZN5space3addIfEEvPT_i} is {@code add} or {@code space::add}, and {@code
   * _ZL4coef} is {@code coef}.
   */
  public static boolean isOf(String mangled, String name) {
    List<String> identifiers = identifiers(mangled);
    if (identifiers.isEmpty()) {
      return false;
    }
    return name.equals(identifiers.getLast()) || name.equals(String.join("::", identifiers));
  }

  /** The qualified name's parts; empty when it is not mangled. */
  private static List<String> identifiers(String mangled) {
    Matcher ofFile = OF_A_FILE.matcher(mangled);
    if (ofFile.lookingAt()) {
      int at = ofFile.end() + Integer.parseInt(ofFile.group(1)) + 1;
      String rest = at < mangled.length() ? mangled.substring(at) : "";
      return rest.startsWith("_Z") ? identifiers(rest) : rest.isEmpty() ? List.of() : List.of(rest);
    }
    List<String> parts = new ArrayList<>();
    if (!mangled.startsWith("_Z")) {
      return parts;
    }
    boolean nested = mangled.startsWith("_ZN");
    int at = afterMark(mangled, nested ? 3 : 2);
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at))) {
      int length = 0;
      while (at < mangled.length() && Character.isDigit(mangled.charAt(at)) && length < 10_000) {
        length = 10 * length + mangled.charAt(at++) - '0';
      }
      if (length > mangled.length() - at) {
        return List.of();
      }
      parts.add(mangled.substring(at, at + length));
      at = afterMark(mangled, at + length);
      if (!nested) {
        break;
      }
    }
    return parts;
  }

  /** Names that no other file sees carry an {@code L}. */
  private static int afterMark(String mangled, int at) {
    return at < mangled.length() && mangled.charAt(at) == 'L' ? at + 1 : at;
  }
}
