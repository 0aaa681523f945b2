;; The hot loop of line-hasher.ts: ASCII text to the hashes of its lines, 64 bytes at a time. What a line hash is stands
;; there; scripts/kernels.mjs makes line-kernel-code.ts of this file.
;;
;; Words and symbols are found as bits of a mask, so that nothing is decided byte by byte: a processor that has to guess
;; where each word ends guesses wrong at most of them, and that was two thirds of the time.
;;
;; Memory, in bytes. State between calls (all i32 but the first):
;;   0 hash of the line so far (i64)   8 it has a token       12 its last token is a word
;;   16 a word is begun                20 hash of that word   24 raw lines ended        28 lines found
;; 64 masks of the last 0 to 16 of 16 bytes. 1024 input, 32 KiB, the byte before it at 1023.
;; 36864 hashes of the lines found (i64 each). 168960 their raw lines (i32 each).
;; Windows (line-windows.ts), state and parameters:
;;   256 hash of the last T lines (i64)   264 of the last K differences (i64)   272 31^T (i64)   280 31^K (i64)
;;   288 T   292 K   296 slots of the ring, less one   300 where its raw lines are
;; Filters (hash-set.ts) of exact windows and of kin: 304, 312 where they are   308, 316 how far a mixed hash is shifted for
;; the number of a word in them   320 windows that pass
;; 235520 hashes of the windows that end with the lines found (i64 each). 366592 those of kin. 497664, 563200 both mixed (i32
;; each), as hash-set.ts does. 628736 windows that pass a filter: four times the index of their last line, and 1 for exact, 2 for kin (i32 each).
;; 694272 ring of the last lines: their hashes (i64 each), then their raw lines (i32 each); it is as long as it needs to be.
;; The filters come after it.
(module
  (memory (export "memory") 16)
  ;; 16 zeros, then 32 times 0xff: read from byte n on, the last n of 16 bytes are set, or all
  (data (i32.const 80) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; Constants of the innermost loop: V8 makes those of instructions anew wherever they are used, by three to five others.
  ;; 128 a space, 16 times. 144 31 and 1 in turns (i16 each). 160 31^14, 31^12, 31^10, 31^8 (i32 each). 176 31^6, 31^4, 31^2, 1
  (data (i32.const 128) "                ")
  (data (i32.const 144) "\1f\00\01\00\1f\00\01\00\1f\00\01\00\1f\00\01\00")
  (data (i32.const 160) "\41\6a\db\59\81\06\83\ee\c1\b2\e4\94\01\6f\44\94")
  (data (i32.const 176) "\41\3b\e6\34\81\17\0e\00\c1\03\00\00\01\00\00\00")

  ;; v: 16 bytes. Letters and digits, as bytes of ones. Ranges are moved to the lowest signed bytes: unsigned ones are
  ;; compared by four instructions.
  (func $words (param $v v128) (result v128)
    (v128.or
      (i8x16.lt_s
        (i8x16.add (v128.or (local.get $v) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
                   (v128.const i8x16 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31))
        (v128.const i8x16 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102 -102))
      (i8x16.lt_s
        (i8x16.add (local.get $v) (v128.const i8x16 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80))
        (v128.const i8x16 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118 -118))))

  ;; what separates nothing, as bytes of ones; line ends are among it. A table of low nibbles and one of high nibbles have a
  ;; bit in common for separators. bit 0: ` !"',.` (2x), bit 1: `:;?` (3x), bit 2: U+0000..U+000F but line ends, bit 3: 1x
  (func $tokens (param $v v128) (result v128)
    (i8x16.eq
      (v128.and
        (i8x16.swizzle (v128.const i8x16 13 13 13 12 12 12 12 13 12 12 10 14 13 8 13 14)
                       (v128.and (local.get $v) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
        (i8x16.swizzle (v128.const i8x16 4 8 1 2 0 0 0 0 0 0 0 0 0 0 0 0)
                       (i8x16.shr_u (local.get $v) (i32.const 4))))
      (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)))

  (func $join (param $a i32) (param $b i32) (param $c i32) (param $d i32) (result i64)
    (i64.or
      (i64.extend_i32_u (i32.or (local.get $a) (i32.shl (local.get $b) (i32.const 16))))
      (i64.shl (i64.extend_i32_u (i32.or (local.get $c) (i32.shl (local.get $d) (i32.const 16)))) (i64.const 32))))

  ;; hash of the n <= 32 bytes, but no more than 16, that end at byte 16 from `start`, letters in lower case
  (func $short (param $start i32) (param $n i32) (result i32)
    (local $v v128)
    (local.set $v
      (v128.and
        (v128.or (v128.load (local.get $start)) (v128.load offset=128 (i32.const 0)))
        (v128.load offset=64 (local.get $n))))
    (local.set $v
      (i32x4.add
        (i32x4.mul
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $v)) (v128.load offset=144 (i32.const 0)))
          (v128.load offset=160 (i32.const 0)))
        (i32x4.mul
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $v)) (v128.load offset=144 (i32.const 0)))
          (v128.load offset=176 (i32.const 0)))))
    (local.set $v (i32x4.add (local.get $v) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v))))

  ;; h and a word, if `isEnd` says that there is one: h = 31 h + token, or 31 (31 h + 32) + token after another word. What
  ;; `before` and `isEnd` are: $push
  (func $afterWord (param $h i64) (param $before i64) (param $isEnd i64) (param $token i32) (result i64)
    (i64.add
      (i64.mul (local.get $h)
        (i64.add (i64.and (i64.sub (i64.const 960) (i64.and (local.get $before) (i64.const 930))) (local.get $isEnd)) (i64.const 1)))
      (i64.add
        (i64.and (i64.sub (i64.const 992) (i64.and (local.get $before) (i64.const 992))) (local.get $isEnd))
        (i64.extend_i32_s (local.get $token)))))

  ;; A raw line ends, and counts if it has tokens. The numbers stay in memory: in the loop they would only be carried along.
  (func $endLine (param $h i64) (param $has i32)
    (local $raw i32) (local $out i32)
    (local.set $raw (i32.add (i32.load (i32.const 24)) (i32.const 1)))
    (local.set $out (i32.load (i32.const 28)))
    (i32.store (i32.const 24) (local.get $raw))
    (i64.store offset=36864 (i32.shl (local.get $out) (i32.const 3)) (local.get $h))
    (i32.store offset=168960 (i32.shl (local.get $out) (i32.const 2)) (local.get $raw))
    (i32.store (i32.const 28) (i32.add (local.get $out) (i32.ne (local.get $has) (i32.const 0)))))

  ;; Reads the input from byte `from` to `size`, or to the first byte beyond ASCII, and appends the lines it finds; returns
  ;; where it stopped.
  (func (export "push") (param $from i32) (param $size i32) (result i32)
    (local $p i32) (local $e i32) (local $h i64) (local $token i32) (local $inWord i32)
    ;; what the last event was: -1 a symbol, 0 a word, -2 that the line began
    (local $before i64)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $W i64) (local $S i64) (local $E i64) (local $b i64)
    (local $keep i64) (local $used i32) (local $start i32) (local $at i32) (local $n i32) (local $isEnd i64) (local $isSym i64) (local $c i64)
    (local $byte i32)
    (local.set $p (i32.add (i32.const 1024) (local.get $from)))
    (local.set $e (i32.add (i32.const 1024) (local.get $size)))
    (local.set $h (i64.load (i32.const 0)))
    (local.set $before (select
      (select (i64.const 0) (i64.const -1) (i32.load (i32.const 12)))
      (i64.const -2)
      (i32.load (i32.const 8))))
    (local.set $inWord (i32.load (i32.const 16)))
    (local.set $token (i32.load (i32.const 20)))
    (block $finish
     (loop $resume
      ;; a word that was begun before
      (if (local.get $inWord)
        (then
          (block $ended
            (loop $more
              (br_if $finish (i32.eq (local.get $p) (local.get $e)))
              (local.set $byte (i32.load8_u (local.get $p)))
              (br_if $finish (i32.ge_u (local.get $byte) (i32.const 128)))
              (br_if $ended
                (i32.eqz (i32.or
                  (i32.lt_u (i32.sub (i32.or (local.get $byte) (i32.const 32)) (i32.const 97)) (i32.const 26))
                  (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)))))
              (local.set $token (i32.add (i32.mul (local.get $token) (i32.const 31)) (i32.or (local.get $byte) (i32.const 32))))
              (local.set $p (i32.add (local.get $p) (i32.const 1)))
              (br $more)))
          (local.set $h (call $afterWord (local.get $h) (local.get $before) (i64.const -1) (local.get $token)))
          (local.set $before (i64.const 0))
          (local.set $token (i32.const 0))
          (local.set $inWord (i32.const 0))))
      ;; blocks of up to 64 bytes that begin and end between words, none of them longer than 32
      (loop $blocks
        (br_if $finish (i32.ge_u (local.get $p) (local.get $e)))
        ;; W: words. S: symbols and line ends
        (local.set $v0 (v128.load (local.get $p)))
        (local.set $v1 (v128.load offset=16 (local.get $p)))
        (local.set $v2 (v128.load offset=32 (local.get $p)))
        (local.set $v3 (v128.load offset=48 (local.get $p)))
        (local.set $w0 (call $words (local.get $v0)))
        (local.set $w1 (call $words (local.get $v1)))
        (local.set $w2 (call $words (local.get $v2)))
        (local.set $w3 (call $words (local.get $v3)))
        (local.set $W (call $join (i8x16.bitmask (local.get $w0)) (i8x16.bitmask (local.get $w1)) (i8x16.bitmask (local.get $w2)) (i8x16.bitmask (local.get $w3))))
        (local.set $S (call $join
          (i8x16.bitmask (v128.andnot (call $tokens (local.get $v0)) (local.get $w0)))
          (i8x16.bitmask (v128.andnot (call $tokens (local.get $v1)) (local.get $w1)))
          (i8x16.bitmask (v128.andnot (call $tokens (local.get $v2)) (local.get $w2)))
          (i8x16.bitmask (v128.andnot (call $tokens (local.get $v3)) (local.get $w3)))))
        ;; what lies beyond the end, or beyond ASCII, is no symbol, and no word ends there
        (local.set $used (i32.sub (local.get $e) (local.get $p)))
        (if (v128.any_true (v128.and
              (v128.or (v128.or (local.get $v0) (local.get $v1)) (v128.or (local.get $v2) (local.get $v3)))
              (v128.const i8x16 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128)))
          (then
            (local.set $n (i32.wrap_i64 (i64.ctz (call $join
              (i8x16.bitmask (local.get $v0)) (i8x16.bitmask (local.get $v1)) (i8x16.bitmask (local.get $v2)) (i8x16.bitmask (local.get $v3))))))
            (br_if $finish (i32.eqz (local.get $n)))
            (if (i32.lt_u (local.get $n) (local.get $used)) (then (local.set $used (local.get $n))))))
        (if (i32.lt_u (local.get $used) (i32.const 64))
          (then
            (local.set $keep (i64.shl (i64.const -1) (i64.extend_i32_u (local.get $used))))
            (local.set $W (i64.or (local.get $W) (local.get $keep)))
            (local.set $S (i64.and (local.get $S) (i64.xor (local.get $keep) (i64.const -1))))))
        ;; up to the last byte that is in no word, and no farther than the first word of more than 32 bytes
        (local.set $keep (i64.and (local.get $W) (i64.shr_u (local.get $W) (i64.const 1))))
        (local.set $keep (i64.and (local.get $keep) (i64.shr_u (local.get $keep) (i64.const 2))))
        (local.set $keep (i64.and (local.get $keep) (i64.shr_u (local.get $keep) (i64.const 4))))
        (local.set $keep (i64.and (local.get $keep) (i64.shr_u (local.get $keep) (i64.const 8))))
        (local.set $keep (i64.and (local.get $keep) (i64.shr_u (local.get $keep) (i64.const 16))))
        (local.set $keep (i64.and (local.get $keep) (i64.shr_u (local.get $W) (i64.const 32))))
        (local.set $b (i64.sub (i64.const 64) (i64.clz (i64.xor (local.get $W) (i64.const -1)))))
        (local.set $keep (i64.ctz (local.get $keep)))
        (if (i64.lt_u (local.get $keep) (local.get $b)) (then (local.set $b (local.get $keep))))
        (local.set $used (i32.wrap_i64 (local.get $b)))
        (if (i32.eqz (local.get $used))
          (then
            (local.set $inWord (i32.const 1))
            (local.set $token (i32.const 0))
            (br $resume)))
        ;; E: places where a word has ended, or a symbol stands, or both. W is that of the bytes before
        (local.set $keep (i64.shr_u (i64.const -1) (i64.sub (i64.const 64) (local.get $b))))
        (local.set $S (i64.and (local.get $S) (local.get $keep)))
        (local.set $E (i64.xor (local.get $W) (i64.const -1)))
        (local.set $W (i64.shl (local.get $W) (i64.const 1)))
        (local.set $E (i64.or (i64.and (i64.and (local.get $E) (local.get $W)) (local.get $keep)) (local.get $S)))
        ;; 16 bytes before them
        (local.set $start (i32.sub (local.get $p) (i32.const 16)))
        (block $drained
          (loop $events
            (br_if $drained (i64.eqz (local.get $E)))
            (local.set $b (i64.ctz (local.get $E)))
            (local.set $E (i64.and (local.get $E) (i64.sub (local.get $E) (i64.const 1))))
            (local.set $at (i32.add (local.get $start) (i32.wrap_i64 (local.get $b))))
            ;; length of the word that has ended, or 0
            (local.set $n (i32.wrap_i64 (i64.clz (i64.xor (i64.const -1)
              (i64.shl (local.get $W) (i64.xor (local.get $b) (i64.const 63)))))))
            (local.set $token (call $short (local.get $at) (local.get $n)))
            (if (i32.gt_u (local.get $n) (i32.const 16))
              (then (local.set $token (i32.add (local.get $token) (i32.mul (i32.const 1353309697)
                (call $short (i32.sub (local.get $at) (i32.const 16)) (i32.sub (local.get $n) (i32.const 16))))))))
            (local.set $isEnd (i64.sub (i64.const 0) (i64.extend_i32_u (i32.ne (local.get $n) (i32.const 0)))))
            (local.set $h (call $afterWord (local.get $h) (local.get $before) (local.get $isEnd) (local.get $token)))
            (local.set $isSym (i64.sub (i64.const 0) (i64.and (i64.shr_u (local.get $S) (local.get $b)) (i64.const 1))))
            (local.set $c (i64.and (i64.load8_u offset=16 (local.get $at)) (local.get $isSym)))
            ;; U+000A and U+000D: no other symbol is below
            (if (i64.lt_u (i64.sub (local.get $c) (i64.const 1)) (i64.const 13))
              (then
                (if (i32.and (i64.eq (local.get $c) (i64.const 10)) (i32.eq (i32.load8_u offset=15 (local.get $at)) (i32.const 13)))
                  (then (br $events)))
                (call $endLine (local.get $h) (i32.or (local.get $n) (i64.ne (local.get $before) (i64.const -2))))
                (local.set $h (i64.const 0))
                (local.set $before (i64.const -2))
                (br $events)))
            (local.set $h (i64.add
              (i64.mul (local.get $h) (i64.add (i64.and (local.get $isSym) (i64.const 30)) (i64.const 1)))
              (local.get $c)))
            (local.set $before (local.get $isSym))
            (br $events)))
        (local.set $p (i32.add (local.get $p) (local.get $used)))
        (br $blocks))))
    (i64.store (i32.const 0) (local.get $h))
    (i32.store (i32.const 8) (i64.ne (local.get $before) (i64.const -2)))
    (i32.store (i32.const 12) (i64.eqz (local.get $before)))
    (i32.store (i32.const 16) (local.get $inWord))
    (i32.store (i32.const 20) (select (local.get $token) (i32.const 0) (local.get $inWord)))
    (i32.sub (local.get $p) (i32.const 1024)))

  ;; hash of line n
  (func $line (param $n i32) (result i64)
    (i64.load offset=694272 (i32.shl (i32.and (local.get $n) (i32.load (i32.const 296))) (i32.const 3))))

  ;; y(n) = (x(n) - x(n-1)) - (x(n-4) - x(n-5)), as kin have it in common
  (func $difference (param $n i32) (result i64)
    (i64.add
      (i64.sub (i64.sub (call $line (local.get $n)) (call $line (i32.sub (local.get $n) (i32.const 1))))
               (call $line (i32.sub (local.get $n) (i32.const 4))))
      (call $line (i32.sub (local.get $n) (i32.const 5)))))

  (func $step (param $mixed i32) (param $shift i32) (param $factor i32) (result i32)
    (i32.mul (i32.xor (local.get $mixed) (i32.shr_u (local.get $mixed) (local.get $shift))) (local.get $factor)))

  ;; 32 well-mixed bits of a hash (mix in hash-set.ts)
  (func $mix (param $hash i64) (result i32)
    (local $mixed i32)
    (local.set $mixed
      (call $step
        (call $step
          (i32.xor (i32.mul (i32.wrap_i64 (i64.shr_u (local.get $hash) (i64.const 32))) (i32.const 0x9e3779b1))
                   (i32.wrap_i64 (local.get $hash)))
          (i32.const 16) (i32.const 0x85ebca6b))
        (i32.const 13) (i32.const 0xc2b2ae35)))
    (i32.xor (local.get $mixed) (i32.shr_u (local.get $mixed) (i32.const 16))))

  ;; whether both bits of a mixed hash are set in the filter at `words`: 1 or 0
  (func $passes (param $mixed i32) (param $words i32) (param $shift i32) (result i32)
    (local $word i32)
    (local.set $word (i32.load (i32.add (local.get $words)
      (i32.shl (i32.shr_u (local.get $mixed) (local.get $shift)) (i32.const 2)))))
    (i32.and
      (i32.and (i32.shr_u (local.get $word) (local.get $mixed))
               (i32.shr_u (local.get $word) (i32.shr_u (local.get $mixed) (i32.const 5))))
      (i32.const 1)))

  ;; Lists the windows that pass the filters. In a loop of its own, so that the processor waits for many words at a time.
  (func $filter (param $found i32)
    (local $i i32) (local $passed i32) (local $flags i32) (local $exact i32) (local $exactShift i32) (local $kin i32) (local $kinShift i32)
    (local.set $exact (i32.load (i32.const 304)))
    (local.set $exactShift (i32.load (i32.const 308)))
    (local.set $kin (i32.load (i32.const 312)))
    (local.set $kinShift (i32.load (i32.const 316)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (local.get $found)))
        (local.set $flags (i32.or
          (call $passes (i32.load offset=497664 (i32.shl (local.get $i) (i32.const 2))) (local.get $exact) (local.get $exactShift))
          (i32.shl
            (call $passes (i32.load offset=563200 (i32.shl (local.get $i) (i32.const 2))) (local.get $kin) (local.get $kinShift))
            (i32.const 1))))
        (i32.store offset=628736 (i32.shl (local.get $passed) (i32.const 2))
          (i32.or (i32.shl (local.get $i) (i32.const 2)) (local.get $flags)))
        (local.set $passed (i32.add (local.get $passed) (i32.ne (local.get $flags) (i32.const 0))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.store (i32.const 320) (local.get $passed)))

  ;; Puts the lines found into the ring, from line `n` on, hashes the windows that end with each of them, and lists those that
  ;; pass the filters.
  ;; `known`: how many lines there are before the first of them, or any number beyond T + K + 5.
  (func (export "windows") (param $found i32) (param $n i32) (param $known i32)
    (local $i i32) (local $x i64) (local $exact i64) (local $kin i64) (local $T i32) (local $K i32) (local $slot i32)
    (local.set $exact (i64.load (i32.const 256)))
    (local.set $kin (i64.load (i32.const 264)))
    (local.set $T (i32.load (i32.const 288)))
    (local.set $K (i32.load (i32.const 292)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (local.get $found)))
        (local.set $x (i64.load offset=36864 (i32.shl (local.get $i) (i32.const 3))))
        (local.set $slot (i32.and (local.get $n) (i32.load (i32.const 296))))
        (i64.store offset=694272 (i32.shl (local.get $slot) (i32.const 3)) (local.get $x))
        (i32.store (i32.add (i32.load (i32.const 300)) (i32.shl (local.get $slot) (i32.const 2)))
                   (i32.load offset=168960 (i32.shl (local.get $i) (i32.const 2))))
        (local.set $exact (i64.add (i64.mul (local.get $exact) (i64.const 31)) (local.get $x)))
        (if (i32.ge_u (local.get $known) (local.get $T))
          (then (local.set $exact (i64.sub (local.get $exact)
            (i64.mul (i64.load (i32.const 272)) (call $line (i32.sub (local.get $n) (local.get $T))))))))
        (i64.store offset=235520 (i32.shl (local.get $i) (i32.const 3)) (local.get $exact))
        (i32.store offset=497664 (i32.shl (local.get $i) (i32.const 2)) (call $mix (local.get $exact)))
        (if (i32.ge_u (local.get $known) (i32.const 5))
          (then
            (local.set $kin (i64.add (i64.mul (local.get $kin) (i64.const 31)) (call $difference (local.get $n))))
            (if (i32.ge_u (local.get $known) (i32.add (local.get $K) (i32.const 5)))
              (then (local.set $kin (i64.sub (local.get $kin)
                (i64.mul (i64.load (i32.const 280)) (call $difference (i32.sub (local.get $n) (local.get $K))))))))))
        (i64.store offset=366592 (i32.shl (local.get $i) (i32.const 3)) (local.get $kin))
        (i32.store offset=563200 (i32.shl (local.get $i) (i32.const 2)) (call $mix (local.get $kin)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $known (i32.add (local.get $known) (i32.const 1)))
        (br $next)))
    (i64.store (i32.const 256) (local.get $exact))
    (i64.store (i32.const 264) (local.get $kin))
    (call $filter (local.get $found)))
)
