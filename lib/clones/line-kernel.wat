;; The hot loop of line-hasher.ts: ASCII text to the hashes of its lines, 64 bytes at a time. What a line hash is stands
;; there; scripts/line-kernel.mjs makes line-kernel-code.ts of this file.
;;
;; Words and symbols are found as bits of a mask, so that nothing is decided byte by byte: a processor that has to guess
;; where each word ends guesses wrong at most of them, and that was two thirds of the time.
;;
;; Memory, in bytes. State between calls (all i32 but the first):
;;   0 hash of the line so far (i64)   8 it has a token       12 its last token is a word
;;   16 a word is begun                20 hash of that word   24 raw lines ended        28 lines found by this call
;; 64 masks of the last 0 to 16 of 16 bytes. 1024 input, 32 KiB, the byte before it at 1023.
;; 36864 hashes of the lines found (i64 each). 168960 their raw lines (i32 each).
;; Windows (line-windows.ts), state and parameters:
;;   256 hash of the last T lines (i64)   264 of the last K differences (i64)   272 31^T (i64)   280 31^K (i64)
;;   288 T   292 K   296 slots of the ring, less one   300 where its raw lines are
;; 235520 hashes of the windows that end with the lines found (i64 each). 366592 those of kin. 497664, 563200 both mixed (i32
;; each), as hash-set.ts does. 628736 ring of the last lines: their hashes (i64 each), then their raw lines (i32 each); it is as long as it needs to be.
(module
  (memory (export "memory") 16)
  ;; 16 zeros, then 16 times 0xff: read from byte n on, the last n of 16 bytes are set
  (data (i32.const 80) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; v: 16 bytes. Letters and digits, as bytes of ones
  (func $words (param $v v128) (result v128)
    (v128.or
      (i8x16.lt_u
        (i8x16.sub (v128.or (local.get $v) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
                   (v128.const i8x16 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97))
        (v128.const i8x16 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26))
      (i8x16.lt_u
        (i8x16.sub (local.get $v) (v128.const i8x16 48 48 48 48 48 48 48 48 48 48 48 48 48 48 48 48))
        (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))))

  ;; separators, line ends left out: by a table of low nibbles and one of high nibbles that have a bit in common.
  ;; bit 0: ` !"',.` and U+002E (2x), bit 1: `:;?` (3x), bit 2: U+0000..U+001F
  (func $separators (param $v v128) (result v128)
    (v128.andnot
      (i8x16.ne
        (v128.and
          (i8x16.swizzle (v128.const i8x16 5 5 5 4 4 4 4 5 4 4 6 6 5 4 5 6)
                         (v128.and (local.get $v) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
          (i8x16.swizzle (v128.const i8x16 4 4 1 2 0 0 0 0 0 0 0 0 0 0 0 0)
                         (i8x16.shr_u (local.get $v) (i32.const 4))))
        (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
      (v128.or
        (i8x16.eq (local.get $v) (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))
        (i8x16.eq (local.get $v) (v128.const i8x16 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13)))))

  (func $join (param $a i32) (param $b i32) (param $c i32) (param $d i32) (result i64)
    (i64.or
      (i64.extend_i32_u (i32.or (local.get $a) (i32.shl (local.get $b) (i32.const 16))))
      (i64.shl (i64.extend_i32_u (i32.or (local.get $c) (i32.shl (local.get $d) (i32.const 16)))) (i64.const 32))))

  ;; hash of the last n <= 16 bytes before `end`, letters in lower case
  (func $short (param $end i32) (param $n i32) (result i32)
    (local $v v128)
    (local.set $v
      (v128.and
        (v128.or (v128.load (i32.sub (local.get $end) (i32.const 16)))
                 (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
        (v128.load offset=64 (local.get $n))))
    (local.set $v
      (i32x4.add
        (i32x4.mul
          (i32x4.extadd_pairwise_i16x8_u
            (i16x8.extmul_low_i8x16_u (local.get $v) (v128.const i8x16 31 1 31 1 31 1 31 1 31 1 31 1 31 1 31 1)))
          (v128.const i32x4 1507551809 -293403007 -1796951359 -1807454463))
        (i32x4.mul
          (i32x4.extadd_pairwise_i16x8_u
            (i16x8.extmul_high_i8x16_u (local.get $v) (v128.const i8x16 31 1 31 1 31 1 31 1 31 1 31 1 31 1 31 1)))
          (v128.const i32x4 887503681 923521 961 1))))
    (local.set $v (i32x4.add (local.get $v) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v))))

  ;; hash of a word of any length
  (func $long (param $start i32) (param $end i32) (result i32)
    (local $token i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_u (i32.sub (local.get $end) (local.get $start)) (i32.const 16)))
        (local.set $token (i32.add (i32.mul (local.get $token) (i32.const 31)) (i32.or (i32.load8_u (local.get $start)) (i32.const 32))))
        (local.set $start (i32.add (local.get $start) (i32.const 1)))
        (br $next)))
    (if (result i32) (local.get $token)
      (then (i32.add (i32.mul (local.get $token) (i32.const 1353309697)) (call $short (local.get $end) (i32.const 16))))
      (else (call $short (local.get $end) (i32.sub (local.get $end) (local.get $start))))))

  ;; Reads the input from byte `from` to `size`, or to the first byte beyond ASCII; returns where it stopped.
  (func (export "push") (param $from i32) (param $size i32) (result i32)
    (local $p i32) (local $e i32) (local $h i64) (local $mul i64) (local $add i64) (local $has i32)
    (local $token i32) (local $inWord i32) (local $raw i32) (local $out i32) (local $c i32)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $W i64) (local $S i64) (local $N i64) (local $E i64) (local $We i64) (local $keep i64) (local $M i64)
    (local $limit i32) (local $wordStart i32) (local $b i64) (local $at i32) (local $start i32) (local $isEnd i32) (local $n i32) (local $isSym i32)
    (local.set $p (i32.add (i32.const 1024) (local.get $from)))
    (local.set $e (i32.add (i32.const 1024) (local.get $size)))
    (local.set $h (i64.load (i32.const 0)))
    (local.set $has (i32.load (i32.const 8)))
    (local.set $mul (select (i64.const 961) (i64.const 31) (i32.load (i32.const 12))))
    (local.set $add (select (i64.const 992) (i64.const 0) (i32.load (i32.const 12))))
    (local.set $inWord (i32.load (i32.const 16)))
    (local.set $token (i32.load (i32.const 20)))
    (local.set $raw (i32.load (i32.const 24)))
    (block $finish
      ;; a word that was begun before
      (if (local.get $inWord)
        (then
          (block $ended
            (loop $more
              (br_if $finish (i32.eq (local.get $p) (local.get $e)))
              (local.set $c (i32.load8_u (local.get $p)))
              (br_if $finish (i32.ge_u (local.get $c) (i32.const 128)))
              (br_if $ended
                (i32.eqz (i32.or
                  (i32.lt_u (i32.sub (i32.or (local.get $c) (i32.const 32)) (i32.const 97)) (i32.const 26))
                  (i32.lt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 10)))))
              (local.set $token (i32.add (i32.mul (local.get $token) (i32.const 31)) (i32.or (local.get $c) (i32.const 32))))
              (local.set $p (i32.add (local.get $p) (i32.const 1)))
              (br $more)))
          (local.set $h (i64.add (i64.add (i64.mul (local.get $h) (local.get $mul)) (local.get $add)) (i64.extend_i32_s (local.get $token))))
          (local.set $token (i32.const 0))
          (local.set $inWord (i32.const 0))
          (local.set $has (i32.const 1))
          (local.set $mul (i64.const 961))
          (local.set $add (i64.const 992))))
      (block $last
       (loop $blocks
        (br_if $last (i32.ge_u (local.get $p) (local.get $e)))
        ;; W: words. S: symbols and line ends. limit: bytes of the block that count
        (local.set $v0 (v128.load (local.get $p)))
        (local.set $v1 (v128.load offset=16 (local.get $p)))
        (local.set $v2 (v128.load offset=32 (local.get $p)))
        (local.set $v3 (v128.load offset=48 (local.get $p)))
        (local.set $w0 (call $words (local.get $v0)))
        (local.set $w1 (call $words (local.get $v1)))
        (local.set $w2 (call $words (local.get $v2)))
        (local.set $w3 (call $words (local.get $v3)))
        (local.set $W (call $join (i8x16.bitmask (local.get $w0)) (i8x16.bitmask (local.get $w1)) (i8x16.bitmask (local.get $w2)) (i8x16.bitmask (local.get $w3))))
        (local.set $S (i64.xor (i64.const -1) (call $join
          (i8x16.bitmask (v128.or (local.get $w0) (call $separators (local.get $v0))))
          (i8x16.bitmask (v128.or (local.get $w1) (call $separators (local.get $v1))))
          (i8x16.bitmask (v128.or (local.get $w2) (call $separators (local.get $v2))))
          (i8x16.bitmask (v128.or (local.get $w3) (call $separators (local.get $v3)))))))
        (local.set $limit (i32.sub (local.get $e) (local.get $p)))
        (if (i32.gt_u (local.get $limit) (i32.const 64)) (then (local.set $limit (i32.const 64))))
        (if (v128.any_true (v128.and
              (v128.or (v128.or (local.get $v0) (local.get $v1)) (v128.or (local.get $v2) (local.get $v3)))
              (v128.const i8x16 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128 128)))
          (then
            (local.set $N (i64.ctz (call $join (i8x16.bitmask (local.get $v0)) (i8x16.bitmask (local.get $v1)) (i8x16.bitmask (local.get $v2)) (i8x16.bitmask (local.get $v3)))))
            (if (i32.lt_u (i32.wrap_i64 (local.get $N)) (local.get $limit)) (then (local.set $limit (i32.wrap_i64 (local.get $N)))))))
        ;; beyond the limit nothing happens: no symbols, and no word ends
        (if (i32.lt_u (local.get $limit) (i32.const 64))
          (then
            (local.set $keep (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $limit))) (i64.const 1)))
            (local.set $S (i64.and (local.get $S) (local.get $keep)))
            (local.set $W (i64.or (local.get $W) (i64.xor (local.get $keep) (i64.const -1))))))
        (if (i32.eqz (local.get $inWord)) (then (local.set $wordStart (local.get $p))))
        (local.set $We (i64.and
          (i64.xor (local.get $W) (i64.const -1))
          (i64.or (i64.shl (local.get $W) (i64.const 1)) (i64.extend_i32_u (local.get $inWord)))))
        ;; We: places after the end of a word. At each place in E a word ends, or a symbol stands, or both
        (local.set $E (i64.or (local.get $We) (local.get $S)))
        (block $drained
          (loop $events
            (br_if $drained (i64.eqz (local.get $E)))
            (local.set $b (i64.ctz (local.get $E)))
            (local.set $E (i64.and (local.get $E) (i64.sub (local.get $E) (i64.const 1))))
            (local.set $at (i32.add (local.get $p) (i32.wrap_i64 (local.get $b))))
            (local.set $isEnd (i32.and (i32.wrap_i64 (i64.shr_u (local.get $We) (local.get $b))) (i32.const 1)))
            (local.set $isSym (i32.and (i32.wrap_i64 (i64.shr_u (local.get $S) (local.get $b))) (i32.const 1)))
            (local.set $M (i64.and (i64.xor (local.get $W) (i64.const -1)) (i64.sub (i64.shl (i64.const 1) (local.get $b)) (i64.const 1))))
            (local.set $start (select (local.get $wordStart)
              (i32.sub (i32.add (local.get $p) (i32.const 64)) (i32.wrap_i64 (i64.clz (local.get $M))))
              (i64.eqz (local.get $M))))
            (local.set $n (i32.and (i32.sub (local.get $at) (local.get $start)) (i32.sub (i32.const 0) (local.get $isEnd))))
            (if (i32.gt_u (local.get $n) (i32.const 16))
              (then (local.set $token (call $long (local.get $start) (local.get $at))))
              (else (local.set $token (call $short (local.get $at) (local.get $n)))))
            ;; the word, if there is one: h = 31 h + token, or 31 (31 h + 32) + token after another word
            (local.set $h (i64.add
              (i64.mul (local.get $h) (select (local.get $mul) (i64.const 1) (local.get $isEnd)))
              (i64.add (select (local.get $add) (i64.const 0) (local.get $isEnd)) (i64.extend_i32_s (local.get $token)))))
            (local.set $c (i32.and (i32.load8_u (local.get $at)) (i32.sub (i32.const 0) (local.get $isSym))))
            (if (i32.and (local.get $isSym) (i32.or (i32.eq (local.get $c) (i32.const 10)) (i32.eq (local.get $c) (i32.const 13))))
              (then
                (if (i32.and (i32.eq (local.get $c) (i32.const 10)) (i32.eq (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 13)))
                  (then (br $events)))
                (local.set $raw (i32.add (local.get $raw) (i32.const 1)))
                (i64.store offset=36864 (i32.shl (local.get $out) (i32.const 3)) (local.get $h))
                (i32.store offset=168960 (i32.shl (local.get $out) (i32.const 2)) (local.get $raw))
                (local.set $out (i32.add (local.get $out) (i32.or (local.get $has) (local.get $isEnd))))
                (local.set $h (i64.const 0))
                (local.set $has (i32.const 0))
                (local.set $mul (i64.const 31))
                (local.set $add (i64.const 0))
                (br $events)))
            (local.set $h (i64.add
              (i64.mul (local.get $h) (select (i64.const 31) (i64.const 1) (local.get $isSym)))
              (i64.extend_i32_u (local.get $c))))
            (local.set $has (i32.const 1))
            (local.set $mul (select (i64.const 31) (i64.const 961) (local.get $isSym)))
            (local.set $add (select (i64.const 0) (i64.const 992) (local.get $isSym)))
            (br $events)))
        ;; is a word begun at the end of the block, and where
        (br_if $last (i32.eqz (local.get $limit)))
        (local.set $b (i64.extend_i32_u (i32.sub (local.get $limit) (i32.const 1))))
        (if (i32.and (i32.wrap_i64 (i64.shr_u (local.get $W) (local.get $b))) (i32.const 1))
          (then
            (local.set $M (i64.and (i64.xor (local.get $W) (i64.const -1)) (i64.shr_u (i64.const -1) (i64.sub (i64.const 63) (local.get $b)))))
            (if (i32.eqz (i64.eqz (local.get $M)))
              (then (local.set $wordStart (i32.sub (i32.add (local.get $p) (i32.const 64)) (i32.wrap_i64 (i64.clz (local.get $M)))))))
            (local.set $inWord (i32.const 1)))
          (else (local.set $inWord (i32.const 0))))
        (local.set $p (i32.add (local.get $p) (local.get $limit)))
        (br_if $blocks (i32.eq (local.get $limit) (i32.const 64)))))
      (local.set $token (i32.const 0))
      (if (local.get $inWord)
        (then (local.set $token (call $long (local.get $wordStart) (local.get $p))))))
    (i64.store (i32.const 0) (local.get $h))
    (i32.store (i32.const 8) (local.get $has))
    (i32.store (i32.const 12) (i64.eq (local.get $mul) (i64.const 961)))
    (i32.store (i32.const 16) (local.get $inWord))
    (i32.store (i32.const 20) (local.get $token))
    (i32.store (i32.const 24) (local.get $raw))
    (i32.store (i32.const 28) (local.get $out))
    (i32.sub (local.get $p) (i32.const 1024)))

  ;; hash of line n
  (func $line (param $n i32) (result i64)
    (i64.load offset=628736 (i32.shl (i32.and (local.get $n) (i32.load (i32.const 296))) (i32.const 3))))

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

  ;; Puts the lines found into the ring, from line `n` on, and hashes the windows that end with each of them.
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
        (i64.store offset=628736 (i32.shl (local.get $slot) (i32.const 3)) (local.get $x))
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
    (i64.store (i32.const 264) (local.get $kin)))
)
