// What the programs of a page call. Each function ends in the letter of the numbers it is of:
// F float, D double, I and L signed whole numbers of 32 and 64 bits, U and M unsigned ones, B true
// or false, S and T, C and A signed and unsigned ones of 16 and of 8 bits.
typedef unsigned long long u64;
#define NOINLINE __attribute__((noinline))
#define EXPORT(name) __attribute__((export_name(#name)))
#define INF_F __builtin_inff()
#define INF_D __builtin_inf()
#define NAN_F __builtin_nanf("")
#define NAN_D __builtin_nan("")
typedef float v4 __attribute__((vector_size(16), aligned(4)));

double exp(double), exp2(double), log(double), log1p(double), expm1(double), tanh(double),
    sin(double), cos(double), tan(double), asin(double), acos(double), atan(double), sinh(double),
    cosh(double), asinh(double), acosh(double), atanh(double), atan2(double, double),
    cbrt(double), erf(double), erfc(double), lgamma(double), pow(double, double),
    fmod(double, double), nextafter(double, double);
float expf(float), exp2f(float), logf(float), expm1f(float), sinf(float),
    cosf(float), tanf(float), asinf(float), acosf(float), atanf(float), sinhf(float),
    coshf(float), asinhf(float), acoshf(float), atanhf(float), atan2f(float, float),
    cbrtf(float), erff(float), erfcf(float), lgammaf(float), powf(float, float),
    fmodf(float, float), nextafterf(float, float);

static inline unsigned bits_FU(float x) { union { float f; unsigned u; } c; c.f = x; return c.u; }
static inline float bits_UF(unsigned x) { union { float f; unsigned u; } c; c.u = x; return c.f; }
static inline int bits_FI(float x) { return (int)bits_FU(x); }
static inline float bits_IF(int x) { return bits_UF((unsigned)x); }
static inline u64 bits_DM(double x) { union { double f; u64 u; } c; c.f = x; return c.u; }
static inline double bits_MD(u64 x) { union { double f; u64 u; } c; c.u = x; return c.f; }
static inline long long bits_DL(double x) { return (long long)bits_DM(x); }
static inline double bits_LD(long long x) { return bits_MD((u64)x); }
#define bits_UI(x) ((int)(x))
#define bits_IU(x) ((unsigned)(x))
#define bits_ML(x) ((long long)(x))
#define bits_LM(x) ((u64)(x))
#define bits_TS(x) ((short)(x))
#define bits_ST(x) ((unsigned short)(x))
#define bits_AC(x) ((signed char)(x))
#define bits_CA(x) ((unsigned char)(x))

// Finite by the pattern of the bits, which no rule of arithmetic can take away.
static inline int finite_F(float x) { return (bits_FU(x) & 0x7f800000u) != 0x7f800000u; }
static inline int finite_D(double x) { return (bits_DM(x) >> 52 & 0x7ff) != 0x7ff; }

// Whole numbers that rise as real ones do in their total order: below all a number that is none and
// has a minus, minus zero below zero, above all one that is none and has no minus.
static inline int order_F(float x) { int i = bits_FI(x); return i ^ ((unsigned)(i >> 31) >> 1); }
static inline long long order_D(double x) { long long i = bits_DL(x); return i ^ (long long)((u64)(i >> 63) >> 1); }

// Real numbers to whole ones: to the nearest end where they are beyond it, not a number to zero.
#define to_FI(x) __builtin_wasm_trunc_saturate_s_i32_f32(x)
#define to_FU(x) ((unsigned)__builtin_wasm_trunc_saturate_u_i32_f32(x))
#define to_FL(x) __builtin_wasm_trunc_saturate_s_i64_f32(x)
#define to_FM(x) ((u64)__builtin_wasm_trunc_saturate_u_i64_f32(x))
#define to_DI(x) __builtin_wasm_trunc_saturate_s_i32_f64(x)
#define to_DU(x) ((unsigned)__builtin_wasm_trunc_saturate_u_i32_f64(x))
#define to_DL(x) __builtin_wasm_trunc_saturate_s_i64_f64(x)
#define to_DM(x) ((u64)__builtin_wasm_trunc_saturate_u_i64_f64(x))
#define SMALLER(K, C, LOW, HIGH) \
  static inline C to_F##K(float x) { int i = to_FI(x); return (C)(i < LOW ? LOW : i > HIGH ? HIGH : i); } \
  static inline C to_D##K(double x) { int i = to_DI(x); return (C)(i < LOW ? LOW : i > HIGH ? HIGH : i); }
SMALLER(S, short, -32768, 32767)
SMALLER(T, unsigned short, 0, 65535)
SMALLER(C, signed char, -128, 127)
SMALLER(A, unsigned char, 0, 255)

#define OF_WHOLE(K, C, UC, SC, BITS) \
  static inline C max_##K(C a, C b) { return a > b ? a : b; } \
  static inline C min_##K(C a, C b) { return a < b ? a : b; } \
  static inline C square_##K(C a) { return (C)((UC)a * (UC)a); } \
  static inline int less_##K(C a, C b) { return a < b; } \
  static inline C power_##K(C a, long long n) { \
    UC r = 1, b = (UC)a; \
    if (n < 0) return a == 1 ? 1 : a == (C)-1 ? (n & 1 ? a : 1) : 0; \
    for (; n; n >>= 1) { if (n & 1) r = (UC)(r * b); b = (UC)(b * b); } \
    return (C)r; } \
  static inline C left_##K(C a, C n) { return (u64)n >= BITS ? 0 : (C)((UC)a << n); } \
  static inline C right_##K(C a, C n) { return (u64)n >= BITS ? 0 : (C)((UC)a >> n); } \
  static inline C right_signed_##K(C a, C n) { return (C)((SC)a >> ((u64)n >= BITS ? BITS - 1 : (int)n)); } \
  static inline int within_##K(C a, int most) { return a < 0 ? 0 : a > (C)most ? most : (int)a; }
#define OF_SIGNED(K, C, UC, BITS) OF_WHOLE(K, C, UC, C, BITS) \
  static inline C abs_##K(C a) { return a < 0 ? (C)(0 - (UC)a) : a; } \
  static inline C sign_##K(C a) { return (C)((a > 0) - (a < 0)); } \
  static inline C div_##K(C a, C b) { return b == 0 ? (C)-1 : b == -1 ? (C)(0 - (UC)a) : (C)(a / b); } \
  static inline C rem_##K(C a, C b) { return b == 0 ? a : b == -1 ? 0 : (C)(a % b); }
#define OF_UNSIGNED(K, C, SC, BITS) OF_WHOLE(K, C, C, SC, BITS) \
  static inline C abs_##K(C a) { return a; } \
  static inline C sign_##K(C a) { return (C)(a > 0); } \
  static inline C div_##K(C a, C b) { return b == 0 ? (C)-1 : (C)(a / b); } \
  static inline C rem_##K(C a, C b) { return b == 0 ? a : (C)(a % b); }
OF_SIGNED(I, int, unsigned, 32)
OF_SIGNED(L, long long, u64, 64)
OF_SIGNED(S, short, unsigned short, 16)
OF_SIGNED(C, signed char, unsigned char, 8)
OF_UNSIGNED(U, unsigned, int, 32)
OF_UNSIGNED(M, u64, long long, 64)
OF_UNSIGNED(T, unsigned short, short, 16)
OF_UNSIGNED(A, unsigned char, signed char, 8)
static inline int max_B(int a, int b) { return a | b; }
static inline int min_B(int a, int b) { return a & b; }
static inline int less_B(int a, int b) { return a < b; }
static inline int within_B(int a, int most) { return a > most ? most : a; }
#define ones_I(x) __builtin_popcount((unsigned)(x))
#define ones_U(x) ((unsigned)__builtin_popcount(x))
#define ones_L(x) ((long long)__builtin_popcountll((u64)(x)))
#define ones_M(x) ((u64)__builtin_popcountll(x))
static inline int zeros_I(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline unsigned zeros_U(unsigned x) { return x ? (unsigned)__builtin_clz(x) : 32; }
static inline long long zeros_L(long long x) { return x ? __builtin_clzll((u64)x) : 64; }
static inline u64 zeros_M(u64 x) { return x ? (u64)__builtin_clzll(x) : 64; }

// Of two numbers, one of which is none, the larger and the smaller are none. In sorting such a one
// is larger than all others, and minus zero is zero.
#define OF_REAL(K, C, S) \
  static inline C max_##K(C a, C b) { return a > b || a != a ? a : b; } \
  static inline C min_##K(C a, C b) { return a < b || a != a ? a : b; } \
  static inline C abs_##K(C a) { return __builtin_fabs##S(a); } \
  static inline C sign_##K(C a) { return a > 0 ? 1 : a < 0 ? -1 : a; } \
  static inline C square_##K(C a) { return a * a; } \
  static inline C div_##K(C a, C b) { return a / b; } \
  static inline C rem_##K(C a, C b) { return fmod##S(a, b); } \
  static inline int less_##K(C a, C b) { return a < b || (b != b && a == a); } \
  static inline C power_##K(C a, long long n) { \
    C r = 1, b = a; u64 m = n < 0 ? 0 - (u64)n : (u64)n; \
    for (; m; m >>= 1) { if (m & 1) r *= b; b *= b; } \
    return n < 0 ? 1 / r : r; } \
  static inline C sqrt_##K(C a) { return __builtin_sqrt##S(a); } \
  static inline C rsqrt_##K(C a) { return 1 / __builtin_sqrt##S(a); } \
  static inline C floor_##K(C a) { return __builtin_floor##S(a); } \
  static inline C ceil_##K(C a) { return __builtin_ceil##S(a); } \
  static inline C to_even_##K(C a) { return __builtin_rint##S(a); } \
  static inline C from_zero_##K(C a) { C t = __builtin_trunc##S(a); \
    return __builtin_fabs##S(a - t) >= (C)0.5 ? t + (a < 0 ? -1 : 1) : t; } \
  static inline C logistic_##K(C a) { return 1 / (1 + exp_##K(-a)); } \
  static inline C logaddexp_##K(C a, C b) { C m = max_##K(a, b), d = -abs_##K(a - b); \
    return a == b ? a + (C)0.693147180559945309417 : d != d ? a + b : m + log1p_unit_##K(exp_##K(d)); }
// exp of floats in a form that compilers do four at a time; to within two units in the last place.
static inline float exp_F(float x) {
  float z = x > 89.0f ? 89.0f : x; z = z < -104.0f ? -104.0f : z; // beyond both it is infinite, and zero
  float n = z * 1.44269504088896341f + 12582912.0f; // 3 * 2^22, of which the sum is rounded to whole numbers
  int whole = bits_FI(n) - 0x4b400000, half = whole >> 1;
  n = n - 12582912.0f;
  float r = z - n * 0.693359375f; r = r + n * 2.12194440e-4f;
  // In pairs, which wait for one another half as long as by Horner's rule.
  float q = r * r, h = 1.6666665459e-1f * r + 5.0000001201e-1f;
  float p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = (p * q + (8.3334519073e-3f * r + 4.1665795894e-2f)) * q + h;
  p = p * q + r + 1.0f;
  // In two factors, since the power alone may overflow.
  return p * bits_IF((half + 127) << 23) * bits_IF((whole - half + 127) << 23);
}
static inline double exp_D(double x) { return exp(x); }
// log(1 + x) of floats, in a form that compilers do four at a time: 1 + x, as it is rounded, is 2^k m
// with m between the roots of 1/2 and 2, and what rounding took is put back; to within one unit in
// the last place.
static inline float log1p_F(float x) {
  float u = 1 + x, lost = u >= 2 ? 1 - (u - x) : x - (u - 1);
  int b = bits_FI(u) + (0x3f800000 - 0x3f3504f3), k = (b >> 23) - 127;
  float f = bits_IF((b & 0x007fffff) + 0x3f3504f3) - 1, n = (float)k, h = 0.5f * f * f;
  float s = f / (2 + f), z = s * s;
  float p = 0.24279078841f; p = p * z + 0.28498786688f; p = p * z + 0.40000972152f;
  p = p * z + 0.66666662693f;
  float y = s * (h + p * z) + (n * 9.0580006145e-6f + lost / u);
  y = n * 6.9313812256e-1f - ((h - y) - f);
  y = u > 3.4028234664e38f ? x : y; y = x == 0 ? x : y;
  return x > -1 ? y : x == -1 ? -INF_F : NAN_F;
}
static inline double log1p_D(double x) { return log1p(x); }
// The same of x between 0 and 1, which need not be brought to the roots of 1/2 and 2: a division less,
// and half the steps that wait for one another; to within 1.4 units in the last place.
static inline float log1p_unit_F(float x) {
  float s = x / (2 + x), z = s * s, h = 0.5f * x * x;
  float p = 0.2686755359172821f; p = p * z + 0.28233954310417175f; p = p * z + 0.4000767171382904f;
  p = p * z + 0.6666663885116577f;
  return x - (h - s * (h + p * z));
}
static inline double log1p_unit_D(double x) { return log1p(x); }
OF_REAL(F, float, f)
OF_REAL(D, double, )
// tanh of floats as a quotient of polynomials, as XLA has it.
static inline float tanh_F(float x) {
  float s = x > 7.90531110763549805f ? 7.90531110763549805f : x;
  s = s < -7.90531110763549805f ? -7.90531110763549805f : s;
  float y = s * s, n = -2.76076847742355e-16f;
  n = n * y + 2.00018790482477e-13f; n = n * y - 8.60467152213735e-11f;
  n = n * y + 5.12229709037114e-08f; n = n * y + 1.48572235717979e-05f;
  n = n * y + 6.37261928875436e-04f; n = n * y + 4.89352455891786e-03f;
  float d = 1.19825839466702e-06f; d = d * y + 1.18534705686654e-04f;
  d = d * y + 2.26843463243900e-03f; d = d * y + 4.89352518554385e-03f;
  float r = n * s / d;
  r = __builtin_fabsf(x) < 0.0004f ? x : r;
  r = __builtin_fabsf(x) > 7.90531110763549805f ? __builtin_copysignf(1, x) : r;
  return x != x ? x : r;
}
static inline double tanh_D(double x) { return tanh(x); }
#define BY_LIBRARY(NAME) \
  static inline float NAME##_F(float x) { return NAME##f(x); } \
  static inline double NAME##_D(double x) { return NAME(x); }
BY_LIBRARY(exp2) BY_LIBRARY(log) BY_LIBRARY(expm1) BY_LIBRARY(sin)
BY_LIBRARY(cos) BY_LIBRARY(tan) BY_LIBRARY(asin) BY_LIBRARY(acos) BY_LIBRARY(atan)
BY_LIBRARY(sinh) BY_LIBRARY(cosh) BY_LIBRARY(asinh) BY_LIBRARY(acosh) BY_LIBRARY(atanh)
BY_LIBRARY(cbrt) BY_LIBRARY(erf) BY_LIBRARY(erfc) BY_LIBRARY(lgamma)
#define OF_TWO(NAME) \
  static inline float NAME##_F(float x, float y) { return NAME##f(x, y); } \
  static inline double NAME##_D(double x, double y) { return NAME(x, y); }
OF_TWO(atan2) OF_TWO(pow) OF_TWO(nextafter)
// The inverse of erf in double precision: a start in single precision, and Halley's steps.
static double erf_inv_D(double x) {
  double a = __builtin_fabs(x);
  if (!(a < 1)) return a == 1 ? x * INF_D : NAN_D;
  if (a == 0) return x;
  double w = -log1p(-a * a), p = w < 5 ? w - 2.5 : __builtin_sqrt(w) - 3, y;
  if (w < 5) {
    y = 2.81022636e-08; y = y * p + 3.43273939e-07; y = y * p - 3.5233877e-06;
    y = y * p - 4.39150654e-06; y = y * p + 0.00021858087; y = y * p - 0.00125372503;
    y = y * p - 0.00417768164; y = y * p + 0.246640727; y = y * p + 1.50140941;
  } else {
    y = -0.000200214257; y = y * p + 0.000100950558; y = y * p + 0.00134934322;
    y = y * p - 0.00367342844; y = y * p + 0.00573950773; y = y * p - 0.0076224613;
    y = y * p + 0.00943887047; y = y * p + 1.00167406; y = y * p + 2.83297682;
  }
  y *= a;
  for (int k = 0; k < 3; k++) {
    double off = a > 0.5 ? (1 - a) - erfc(y) : erf(y) - a; // each without cancellation
    double step = off * 0.886226925452758014 * exp(y * y);
    y -= step / (1 + y * step);
  }
  return x < 0 ? -y : y;
}
static inline float erf_inv_F(float x) {
  float w = -log1p_F(-x * x), p;
  if (w < 5) {
    w -= 2.5f; p = 2.81022636e-08f; p = p * w + 3.43273939e-07f; p = p * w - 3.5233877e-06f;
    p = p * w - 4.39150654e-06f; p = p * w + 0.00021858087f; p = p * w - 0.00125372503f;
    p = p * w - 0.00417768164f; p = p * w + 0.246640727f; p = p * w + 1.50140941f;
  } else {
    w = __builtin_sqrtf(w) - 3; p = -0.000200214257f; p = p * w + 0.000100950558f;
    p = p * w + 0.00134934322f; p = p * w - 0.00367342844f; p = p * w + 0.00573950773f;
    p = p * w - 0.0076224613f; p = p * w + 0.00943887047f; p = p * w + 1.00167406f;
    p = p * w + 2.83297682f;
  }
  return __builtin_fabsf(x) == 1 ? x * INF_F : p * x;
}

// Threefry with 20 rounds, the block cipher of JAX's random numbers.
static inline void threefry(unsigned k0, unsigned k1, unsigned x0, unsigned x1, unsigned *y0, unsigned *y1) {
  static const int turns[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  unsigned k[3] = {k0, k1, k0 ^ k1 ^ 0x1BD11BDAu};
  x0 += k0; x1 += k1;
  for (unsigned g = 0; g < 5; g++) {
    for (int j = 0; j < 4; j++) {
      int r = turns[(g & 1) * 4 + (unsigned)j];
      x0 += x1; x1 = x1 << r | x1 >> (32 - r); x1 ^= x0;
    }
    x0 += k[(g + 1) % 3]; x1 += k[(g + 2) % 3] + g + 1;
  }
  *y0 = x0; *y1 = x1;
}

// Philox 4x32 with 10 rounds, as XLA's generator of bits uses it on a processor: the first two words
// of the state are its key and the upper half of the counter, the other two the lower half.
static void philox(const unsigned *state, unsigned *next, int count, unsigned *bits) {
  u64 low = state[2] | (u64)state[3] << 32, high = state[0] | (u64)state[1] << 32;
  for (int at = 0; at < count; at += 4, low++, high += low == 0) {
    unsigned c[4] = {(unsigned)low, (unsigned)(low >> 32), (unsigned)high, (unsigned)(high >> 32)};
    unsigned k0 = state[0], k1 = state[1];
    for (int r = 0; r < 10; r++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      u64 p = (u64)0xD2511F53u * c[0], q = (u64)0xCD9E8D57u * c[2];
      unsigned d[4] = {(unsigned)(q >> 32) ^ c[1] ^ k0, (unsigned)q, (unsigned)(p >> 32) ^ c[3] ^ k1, (unsigned)p};
      for (int j = 0; j < 4; j++) c[j] = d[j];
    }
    for (int j = 0; j < 4 && at + j < count; j++) bits[at + j] = c[j];
  }
  next[0] = state[0]; next[1] = state[1]; next[2] = (unsigned)low; next[3] = (unsigned)(low >> 32);
}

// Products of floats, in tiles of R rows and 4 V columns that stay in registers. Each number is the
// sum over k in its order, whichever tile it is in.
#define TILE(R, V) \
  static inline __attribute__((always_inline)) void tile_##R##_##V(int N, int K, const float *a, const float *b, float *c) { \
    v4 sum[R][V] = {0}; \
    for (int k = 0; k < K; k++, b += N) { \
      v4 row[V]; \
      for (int v = 0; v < V; v++) row[v] = *(v4 *)(b + 4 * v); \
      for (int r = 0; r < R; r++) for (int v = 0; v < V; v++) sum[r][v] += a[r * K + k] * row[v]; \
    } \
    for (int r = 0; r < R; r++) for (int v = 0; v < V; v++) *(v4 *)(c + r * N + 4 * v) = sum[r][v]; \
  }
TILE(4, 2) TILE(4, 1) TILE(1, 4) TILE(1, 1)
// R rows of a product. What is left over at the end is in a tile that overlaps the one before.
#define BAND(R, V) \
  static NOINLINE void band_##R(int N, int K, const float *a, const float *b, float *c) { \
    int j = 0; \
    for (; j + 4 * V <= N; j += 4 * V) tile_##R##_##V(N, K, a, b + j, c + j); \
    for (; j + 4 <= N; j += 4) tile_##R##_1(N, K, a, b + j, c + j); \
    if (j < N && N >= 4) tile_##R##_1(N, K, a, b + N - 4, c + N - 4); \
    else for (; j < N; j++) { \
      float sum[R] = {0}; \
      for (int k = 0; k < K; k++) for (int r = 0; r < R; r++) sum[r] += a[r * K + k] * b[k * N + j]; \
      for (int r = 0; r < R; r++) c[r * N + j] = sum[r]; \
    } \
  }
BAND(4, 2) BAND(1, 4)
static NOINLINE void product_F(int batch, int M, int N, int K, const float *a, const float *b, float *c) {
  for (int g = 0; g < batch; g++, a += M * K, b += K * N, c += M * N) {
    if (N == 1) {
      for (int i = 0; i < M; i++) {
        v4 s0 = {0}, s1 = {0}; int k = 0; const float *r = a + i * K;
        for (; k + 8 <= K; k += 8) { s0 += *(v4 *)(r + k) * *(v4 *)(b + k); s1 += *(v4 *)(r + k + 4) * *(v4 *)(b + k + 4); }
        s0 += s1; float s = s0[0] + s0[1] + s0[2] + s0[3];
        for (; k < K; k++) s += r[k] * b[k];
        c[i] = s;
      }
      continue;
    }
    int i = 0;
    for (; i + 4 <= M; i += 4) band_4(N, K, a + i * K, b, c + i * N);
    if (M - i > 1 && M > 4) { band_4(N, K, a + (M - 4) * K, b, c + (M - 4) * N); i = M; }
    for (; i < M; i++) band_1(N, K, a + i * K, b, c + i * N);
  }
}
#define PRODUCT(K_, C) \
  static NOINLINE void product_##K_(int batch, int M, int N, int K, const C *a, const C *b, C *c) { \
    for (int g = 0; g < batch; g++, a += M * K, b += K * N, c += M * N) \
      for (int i = 0; i < M; i++) { \
        C *o = c + i * N; \
        for (int j = 0; j < N; j++) o[j] = 0; \
        for (int k = 0; k < K; k++) { C x = a[i * K + k]; const C *w = b + k * N; for (int j = 0; j < N; j++) o[j] += x * w[j]; } \
      } }
PRODUCT(D, double)
PRODUCT(I, int)
PRODUCT(U, unsigned)
PRODUCT(L, long long)

static void order_of_pivots(int rows, int m, int n, const int *pivots, int *order) {
  for (int g = 0; g < rows; g++, pivots += m, order += n) {
    for (int i = 0; i < n; i++) order[i] = i;
    for (int k = 0; k < m; k++) { int z = order[k]; order[k] = order[pivots[k]]; order[pivots[k]] = z; }
  }
}
#define BEFORE_F(a, b) less_F(b, a)
#define BEFORE_D(a, b) less_D(b, a)
#define BEFORE_I(a, b) ((a) > (b))
#define BEFORE_U(a, b) ((a) > (b))
#define TOP(K, C) \
  static NOINLINE void top_##K(int rows, int n, int count, const C *x, C *values, int *places) { \
    for (int g = 0; g < rows; g++, x += n, values += count, places += count) { \
      int held = 0; \
      for (int i = 0; i < n; i++) { \
        int at = held; \
        for (; at > 0 && BEFORE_##K(x[i], values[at - 1]); at--) \
          if (at < count) { values[at] = values[at - 1]; places[at] = places[at - 1]; } \
        if (at < count) { values[at] = x[i]; places[at] = i; if (held < count) held++; } \
      } } }
TOP(F, float)
TOP(D, double)
TOP(I, int)
TOP(U, unsigned)
#define REAL float
#define OF(name) name##_F
#define NONE NAN_F
#define ENOUGH 1e-13
#include "matrices.c"
#undef REAL
#undef OF
#undef NONE
#undef ENOUGH
#define REAL double
#define OF(name) name##_D
#define NONE NAN_D
#define ENOUGH 1e-30
#include "matrices.c"
