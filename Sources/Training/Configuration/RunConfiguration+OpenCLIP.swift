import OpenCLIP

/// What to use in place of the flags of open_clip's trainer and the keys of its model files.
extension RunConfiguration {
  static let openClipFlags: [String: String] = [
    "train_data": "Use data", "val_data": "Use validation.sets",
    "imagenet_val": "Use validation.sets with task: zero-shot",
    "imagenet_v2": "Use validation.sets with task: zero-shot",
    "train_num_samples": "Use samples (of the whole run); a source's size is read from it",
    "val_num_samples": "Use validation.sets.limit",
    "train_data_upsampling_factors": "Use data.weight",
    "dataset_type": "Pack the data with coca-shard first",
    "dataset_resampled": "Leave it out: every sample comes once per epoch",
    "csv_img_key": "Use coca-shard pack --image-column",
    "csv_caption_key": "Use coca-shard pack --caption-column",
    "csv_separator": "Use coca-shard pack --format tsv",
    "batch_size": "Use batch (pairs per step over all ranks, not per rank)",
    "batchsize": "Use batch (pairs per step over all ranks, not per rank)",
    "accum_freq": "Use microbatch (pairs per forward pass)",
    "gradient_accumulation_steps": "Use microbatch (pairs per forward pass)",
    "lr": "Use optimizer.lr", "learning_rate": "Use optimizer.lr",
    "wd": "Use optimizer.weight_decay", "weight_decay": "Use optimizer.weight_decay",
    "beta1": "Use optimizer.beta1", "beta2": "Use optimizer.beta2",
    "eps": "Use optimizer.epsilon", "opt": "Use optimizer.name",
    "momentum": "Use optimizer.beta1",
    "grad_clip_norm": "Use optimizer.clip", "grad_clip": "Use optimizer.clip",
    "wd_exclude": "Use optimizer.decay",
    "warmup": "Use schedule.warmup", "warmup_steps": "Use schedule.warmup",
    "lr_scheduler": "Use schedule.decay", "skip_scheduler": "Use schedule.decay: constant",
    "epochs_cooldown": "Use schedule.decay", "lr_cooldown_end": "Use schedule.decay",
    "lr_cooldown_power": "Use schedule.decay",
    "coca_caption_loss_weight": "Use loss.caption",
    "coca_contrastive_loss_weight": "Use loss.contrastive",
    "workers": "Leave it out; threads are set with --threads",
    "num_workers": "Leave it out; threads are set with --threads",
    "threads": "Use --threads", "binding": "Use --binding",
    "save_frequency": "Use checkpoint.every",
    "delete_previous_checkpoint": "Use checkpoint.keep",
    "save_most_recent": "Use checkpoint.keep",
    "val_frequency": "Use validation.every", "zeroshot_frequency": "Use validation.every",
    "log_every_n_steps": "Use log.every",
    "resume": "Use --resume", "pretrained": "Use init", "pretrained_image": "Use init",
    "logs": "Use --output", "name": "Use --output", "output": "Use --output",
    "grad_checkpointing": "Use recompute",
    "siglip": "Leave it out: the contrastive loss is CoCa's, not SigLIP's",
    "loss_dist_impl": "Use contrastive_exchange",
    "local_loss": "Leave it out: the loss is always exact over all ranks",
    "gather_with_grad": "Leave it out: the loss is always exact over all ranks",
    "image_mean": "Use model.image.mean", "image_std": "Use model.image.std",
    "image_interpolation": "Use model.image.interpolation",
    "image_resize_mode": "Use model.image.fit", "force_image_size": "Use model.image.size",
    "force_quick_gelu": "Use model.activation: quick_gelu",
    "force_patch_dropout": "Leave it out: no patch is dropped",
    "force_custom_text": "Leave it out: the text half is always CoCa's own",
    "lock_image": "Use freeze: [imageEncoder]", "lock_image_unlocked_groups": frozenByName,
    "lock_image_freeze_bn_stats": "Leave it out: there is no batch norm",
    "lock_text": "Use freeze: [unimodal]", "lock_text_unlocked_layers": frozenByName,
    "lock_text_freeze_layer_norm": frozenByName,
    "distill_model": "Leave it out: no other model teaches this one",
    "distill_pretrained": "Leave it out: no other model teaches this one",
    "aug_cfg": "Use augment", "report_to": metricsWritten,
    "wandb_notes": metricsWritten, "wandb_project_name": metricsWritten,
    "log_local": "Leave it out: rank 0 writes all logs",
    "debug": "Leave it out; --dry-run shows the plan, --profile shows steps",
    "copy_codebase": "Leave it out: the output's run.yaml and header.json say what ran",
    "remote_sync": "Copy the output folder", "remote_sync_frequency": "Copy the output folder",
    "remote_sync_protocol": "Copy the output folder",
    "cache_dir": "Leave it out: nothing is downloaded",
    "device": "Leave it out", "amp": "Use precision", "use_bnb_linear": "Use precision",
    "torchcompile": alreadyCompiled, "torchscript": alreadyCompiled, "trace": alreadyCompiled,
    "dist_url": startedByMPI, "dist_backend": startedByMPI, "horovod": startedByMPI,
    "ddp_static_graph": startedByMPI, "no_set_device_rank": startedByMPI,
    "use_bn_sync": "Leave it out: there is no batch norm",
  ]

  private static let frozenByName = "Use freeze with the names of the layers that stay as they are"
  private static let metricsWritten = "Leave it out: metrics.jsonl is always written"
  private static let alreadyCompiled = "Leave it out: the program is compiled already"
  private static let startedByMPI = "Leave it out: mpirun starts the ranks and connects them"

  /// Keys that only open_clip's model files have.
  static let openClipModelKeys: Set = [
    "embed_dim", "vision_cfg", "text_cfg", "multimodal_cfg", "custom_text", "model_cfg",
    "preprocess_cfg",
  ]

  static let openClipModelRemedy =
    "This is a model file of open_clip's. Name a preset ("
    + OpenCLIPSource.names.joined(separator: ", ")
    + "), or the checkpoint that coca-convert import makes of its weights"
}
