"""The variants of families.py: config.json as published checkpoints have it, and how the weights lie in files.

`config` is in the spelling of transformers 4, which the hub has. `spellings` are other ways to write the same config that
transformers reads alike; the one of transformers 5 is added by families.py.
"""

SMALL = dict(
    vocab_size=90, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
    max_position_embeddings=96, bos_token_id=0, eos_token_id=0,
)
LLAMA = dict(
    model_type="llama", architectures=["LlamaForCausalLM"], **SMALL, hidden_act="silu", rms_norm_eps=1e-6,
    num_key_value_heads=4, rope_theta=10000.0, rope_scaling=None, tie_word_embeddings=False, torch_dtype="float32",
)
QWEN2 = dict(
    model_type="qwen2", architectures=["Qwen2ForCausalLM"], **SMALL, hidden_act="silu", rms_norm_eps=1e-6,
    num_key_value_heads=2, rope_theta=1000000.0, torch_dtype="float32",
)
GEMMA = dict(
    model_type="gemma", architectures=["GemmaForCausalLM"], **{**SMALL, "num_attention_heads": 2}, head_dim=24,
    num_key_value_heads=1, rms_norm_eps=1e-6, rope_theta=10000.0, pad_token_id=0, torch_dtype="float32",
)
CODEGEN = dict(
    model_type="codegen", architectures=["CodeGenForCausalLM"], vocab_size=90, n_positions=96, n_ctx=96, n_embd=32,
    n_layer=2, n_head=4, rotary_dim=4, n_inner=None, activation_function="gelu_new", layer_norm_epsilon=1e-5,
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0, tie_word_embeddings=False,
    torch_dtype="float32",
)
ENCODER = dict(
    vocab_size=90, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48, hidden_act="gelu",
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, torch_dtype="float32",
)
LINEAR = {"factor": 4.0}
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)


def case(config, spellings=None, dtype="float32", layout="safetensors", shard_bytes=None, head=None, extra=None, std=0.38,
         **changes):
    """`layout`: safetensors or bin; `std` of the weights: large ones make sharp predictions, which rounding to half
    precision moves far; `head`: the model class that was saved, where it is not that of the tests; `extra`:
    tensors that old files hold besides the weights."""
    own = {**config, **changes, "torch_dtype": dtype}
    return dict(config={k: v for k, v in own.items() if v != "absent"}, spellings=spellings or {}, dtype=dtype,
                layout=layout, shard_bytes=shard_bytes, head=head, extra=extra, std=std)


DECODERS = {
    "codegen": case(CODEGEN),
    # As Salesforce's own files are: half precision in a pickle, causal masks among the weights.
    "codegen-bin": case(CODEGEN, n_head=8, rotary_dim=2, n_inner=40, dtype="float16", std=0.1, layout="bin", extra="causal masks"),
    # A window that is set but not used, as Qwen2.5-Coder's configs have it.
    "qwen2-tied": case(QWEN2, tie_word_embeddings=True, use_sliding_window=False, sliding_window=8, max_window_layers=1),
    "qwen2-window": case(QWEN2, tie_word_embeddings=False, use_sliding_window=True, sliding_window=7, max_window_layers=1,
                         num_hidden_layers=3, intermediate_size=24),
    "llama": case(LLAMA),
    "llama-linear": case(
        LLAMA, num_key_value_heads=1, rope_theta=100000.0, rope_scaling={"type": "linear", **LINEAR},
        layout="bin", shard_bytes=30_000, extra="inverse frequencies",
        spellings={"rope-type": {"rope_scaling": {"rope_type": "linear", **LINEAR}}},
    ),
    "llama3": case(
        LLAMA, num_key_value_heads=2, rope_theta=500.0, rope_scaling={"rope_type": "llama3", **LLAMA3},
        spellings={"both-types": {"rope_scaling": {"rope_type": "llama3", "type": "llama3", **LLAMA3}}},
    ),
    "llama-biased": case(LLAMA, attention_bias=True, mlp_bias=True, num_key_value_heads="absent", rms_norm_eps=1e-3),
    "llama-tied": case(LLAMA, tie_word_embeddings=True, head_dim=12, num_key_value_heads=2),
    "llama-sharded": case(LLAMA, num_hidden_layers=3, num_key_value_heads=2, shard_bytes=30_000, rope_theta="absent"),
    "llama-bfloat16": case(LLAMA, dtype="bfloat16", std=0.1, num_key_value_heads=2),
    "qwen2-float16": case(QWEN2, dtype="float16", std=0.1, tie_word_embeddings=False, num_attention_heads=8),
    "gemma": case(GEMMA, hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh"),
    # The first releases named the exact GELU by mistake; transformers computes the tanh form.
    "gemma-legacy": case(GEMMA, hidden_act="gelu", num_key_value_heads=2,
                         spellings={"null": {"hidden_activation": None}}),
}

ENCODERS = {
    "bert": case(ENCODER, model_type="bert", architectures=["BertModel"], max_position_embeddings=96, type_vocab_size=2,
                 layer_norm_eps=1e-12, pad_token_id=0),
    # As the taggers of secrets are: the encoder under a prefix, a classifier beside it.
    "bert-tagger": case(ENCODER, model_type="bert", architectures=["BertForTokenClassification"], num_hidden_layers=2,
                        max_position_embeddings=96, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0,
                        hidden_act="gelu_pytorch_tanh", head="BertForTokenClassification", layout="bin",
                        extra="position ids"),
    "roberta": case(ENCODER, model_type="roberta", architectures=["RobertaForMaskedLM"], max_position_embeddings=98,
                    type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
                    head="RobertaForMaskedLM"),
}
