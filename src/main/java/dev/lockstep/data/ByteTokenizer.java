package dev.lockstep.data;

import java.nio.charset.StandardCharsets;

/** The simplest tokenizer that can write anything: each byte of the UTF-8 text is a token. */
public final class ByteTokenizer {
  /** Tokens are 0 … 255. */
  public static final int VOCABULARY = 256;

  private ByteTokenizer() {}

  /** The token of a byte: its unsigned value. */
  public static int token(byte value) {
    return value & 0xff;
  }

  /** The bytes of a text. */
  public static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The text of bytes; what is no UTF-8 becomes U+FFFD. */
  public static String decode(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
